import { Database as Sqlite } from "bun:sqlite";
import { afterEach, beforeEach, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { KubeObject } from "#api/object.ts";
import { Database } from "./database.ts";
import type { ObjectKey } from "./object-store.ts";

const key = new Uint8Array(32).fill(7);
let path: string;
let directory: string;

// Every step is on disk before the next: a busy disk makes them slow, not wrong.
setDefaultTimeout(30_000);

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "edgesite-quarantine-"));
  path = join(directory, "edgesite.db");
});
afterEach(() => rmSync(directory, { recursive: true }));

const open = () => Database.open({ path, key });
const at = (name: string, collection = "/configmaps"): ObjectKey => ({
  collection,
  namespace: "default",
  name,
});
const named = (name: string, value = ""): KubeObject => ({
  metadata: { name, namespace: "default", annotations: { value } },
});
const names = (db: Database, collection = "/configmaps") =>
  db.objects.list(collection).items.map(({ value }) => value.metadata?.name);

async function prepare(): Promise<void> {
  await using db = await open();
  for (const name of ["a", "b"]) {
    await db.objects.write(at(name), () => ({ put: named(name) }));
    await db.objects.write(at(name, "/secrets"), () => ({ put: named(name) }));
  }
  db.meta.put({ key: "default/pod/web", type: "pod", value: "{}" });
}

function sql<R>(statement: string, ...values: (string | Uint8Array)[]): R[] {
  using sqlite = new Sqlite(path);
  return sqlite.query<R, (string | Uint8Array)[]>(statement).all(...values);
}

const damages: Readonly<Record<string, { damage: () => void; why: RegExp; collection: string }>> = {
  "a flipped bit in plain JSON": {
    damage: () =>
      sql(`UPDATE objects SET value = CAST(replace(CAST(value AS TEXT), '"value":""', '"value":"x"') AS BLOB)
           WHERE collection = '/configmaps' AND name = 'a'`),
    why: /checksum is wrong/,
    collection: "/configmaps",
  },
  "text that is not JSON, from a version without checksums": {
    damage: () =>
      sql(
        "UPDATE objects SET value = ?, checksum = NULL WHERE collection = '/configmaps' AND name = 'a'",
        Buffer.from('{"metadata":'),
      ),
    why: /not JSON/,
    collection: "/configmaps",
  },
  "JSON that is no object": {
    damage: () =>
      sql(
        "UPDATE objects SET value = ?, checksum = NULL WHERE collection = '/configmaps' AND name = 'a'",
        Buffer.from("null"),
      ),
    why: /another object/,
    collection: "/configmaps",
  },
  "a Secret that does not decrypt": {
    damage: () =>
      sql(
        "UPDATE objects SET value = ? WHERE collection = '/secrets' AND name = 'a'",
        Buffer.alloc(80, 1),
      ),
    why: /cannot be decrypted/,
    collection: "/secrets",
  },
  "a Secret whose row was cut short": {
    damage: () =>
      sql(
        "UPDATE objects SET value = substr(value, 1, 5) WHERE collection = '/secrets' AND name = 'a'",
      ),
    why: /cannot be decrypted/,
    collection: "/secrets",
  },
};

for (const [what, { damage, why, collection }] of Object.entries(damages)) {
  test(`${what} goes to quarantine as it is, the others of its kind live on`, async () => {
    await prepare();
    damage();
    const [before] = sql(
      "SELECT value FROM objects WHERE name = 'a' AND collection = ?",
      collection,
    );
    {
      await using db = await open();
      expect(db.unreadable).toEqual([
        {
          key: at("a", collection),
          place: `${collection} default/a`,
          why: expect.stringMatching(why),
        },
      ]);
      expect(names(db, collection)).toEqual(["b"]);
      expect(db.objects.quarantined(at("a", collection))).toMatch(why);
      expect(db.objects.quarantined(at("b", collection))).toBeUndefined();
    }
    const kept = "SELECT value FROM quarantine WHERE name = 'a' AND collection = ?";
    expect(sql<unknown>(kept, collection)).toEqual([before]);
    await using again = await open();
    expect(again.unreadable).toHaveLength(1);
    await again.objects.discard(at("a", collection));
    expect(again.unreadable).toEqual([]);
    expect(again.objects.quarantined(at("a", collection))).toBeUndefined();
  });
}

test("a new object takes the place of a quarantined one, whose row stays until the object is deleted", async () => {
  await prepare();
  damages["text that is not JSON, from a version without checksums"]?.damage();
  {
    await using db = await open();
    await db.objects.write(at("a"), (current) => {
      expect(current).toBeUndefined();
      return { put: named("a", "new") };
    });
    expect(db.unreadable).toEqual([]);
  }
  expect(sql("SELECT name FROM quarantine")).toHaveLength(1);
  {
    await using db = await open();
    expect(names(db)).toEqual(["a", "b"]);
    expect(db.objects.get(at("a"))?.value).toMatchObject(named("a", "new"));
    expect(db.unreadable).toEqual([]);
    await db.objects.write(at("a"), () => ({ remove: named("a") }));
    expect(db.unreadable).toEqual([]);
  }
  expect(sql("SELECT name FROM quarantine")).toEqual([]);
});

test("what can be read again leaves quarantine", async () => {
  await prepare();
  const [{ value } = { value: new Uint8Array() }] = sql<{ value: Uint8Array }>(
    "SELECT value FROM objects WHERE collection = '/secrets' AND name = 'a'",
  );
  damages["a Secret that does not decrypt"]?.damage();
  await (await open())[Symbol.asyncDispose]();
  sql("UPDATE quarantine SET value = ?", value);
  {
    await using db = await open();
    expect(names(db, "/secrets")).toEqual(["a", "b"]);
    expect(db.unreadable).toEqual([]);
  }
  expect(sql("SELECT name FROM quarantine")).toEqual([]);
  await using db = await open();
  expect(names(db, "/secrets")).toEqual(["a", "b"]);
});

test("a meta row that cannot be read is named until it is written anew", async () => {
  await prepare();
  sql("UPDATE meta SET value = ?", Buffer.from("{"));
  await using db = await open();
  expect(db.unreadable).toEqual([
    { place: "meta default/pod/web", why: expect.stringMatching(/checksum/) },
  ]);
  expect(db.meta.list("pod")).toEqual([]);
  db.meta.put({ key: "default/pod/web", type: "pod", value: "{}" });
  expect(db.unreadable).toEqual([]);
});

test("a database of the first version opens, and its rows get checksums as they are written", async () => {
  await prepare();
  sql("UPDATE objects SET checksum = NULL");
  await using db = await open();
  expect(names(db)).toEqual(["a", "b"]);
});
