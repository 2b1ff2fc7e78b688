import { Database as Sqlite } from "bun:sqlite";
import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { KubeObject } from "#api/object.ts";
import { objectStoreContract } from "#test/contract/object-store.ts";
import { Database } from "./database.ts";
import type { ObjectKey } from "./object-store.ts";

const key = new Uint8Array(32).fill(7);
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "edgesite-db-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

const open = () => Database.open({ path: join(directory, "edgesite.db"), key });
const at = (name: string, collection = "/configmaps"): ObjectKey => ({
  collection,
  namespace: "default",
  name,
});
const named = (name: string): KubeObject => ({ metadata: { name, namespace: "default" } });

objectStoreContract("SQLite", open);

test("a restart finds every answered write and continues at numbers never used", async () => {
  let last: number;
  {
    await using db = await open();
    await db.objects.write(at("a"), () => ({ put: named("a") }));
    await db.objects.write(at("gone"), () => ({ put: named("gone") }));
    await db.objects.write(at("gone"), () => ({ remove: named("gone") }));
    await db.objects.write(at("heartbeat"), () => ({
      put: named("heartbeat"),
      durability: "never",
    }));
    last = db.objects.resourceVersion;
  }
  await using db = await open();
  expect(db.objects.list("/configmaps").items.map(({ value }) => value.metadata?.name)).toEqual([
    "a",
  ]);
  expect(db.objects.resourceVersion).toBeGreaterThan(last);
});

test("whole numbers that are too large for JavaScript are the same after a restart", async () => {
  const object = { ...named("big"), data: { count: 9007199254740993n } };
  {
    await using db = await open();
    await db.objects.write(at("big"), () => ({ put: object }));
  }
  await using db = await open();
  expect(db.objects.get(at("big"))?.value).toMatchObject({ data: { count: 9007199254740993n } });
});

test("lazy rows, meta rows, addresses, settings and images are there after a restart", async () => {
  const pool = () => ["10.42.0.2", "10.42.0.3"];
  {
    await using db = await open();
    await db.objects.write(at("warning"), () => ({ put: named("warning"), durability: "lazy" }));
    db.meta.put({ key: "default/pod/web", type: "pod", value: "{}" });
    db.meta.put({ key: "default/secret/s", type: "secret", value: '"hush"' });
    await db.settings.set("siteId", "0123abcd");
    await db.images.write([{ kind: "image", key: "a", value: "{}" }]);
    await db.images.write([
      { kind: "pin", key: "b", value: "{}" },
      { kind: "image", key: "a" },
      { kind: "image", key: "c", value: '"x"' },
    ]);
    expect(await db.addressLeases(pool).lease("uid-1")).toBe("10.42.0.2");
  }
  await using db = await open();
  const leases = db.addressLeases(pool);
  expect(db.objects.get(at("warning"))).toBeDefined();
  expect(db.meta.list("pod")).toEqual([{ key: "default/pod/web", type: "pod", value: "{}" }]);
  expect(db.meta.get("default/secret/s")?.value).toBe('"hush"');
  expect(db.settings.get("siteId")).toBe("0123abcd");
  expect(db.images.list("image")).toMatchObject([{ key: "c", value: '"x"' }]);
  expect(db.images.list("pin")).toMatchObject([{ key: "b" }]);
  expect(await leases.lease("uid-1")).toBe("10.42.0.2");
  expect(await leases.lease("uid-2")).toBe("10.42.0.3");
  await leases.release("uid-1");
  expect(await leases.lease("uid-3")).toBe("10.42.0.2");
  const full = await leases.lease("uid-4").catch((error: Error) => error.message);
  expect(full).toBe("No pod address is free: 2 are in use");
});

test("Secrets are encrypted on disk and files are private", async () => {
  {
    await using db = await open();
    const secret: KubeObject & { data: object } = {
      ...named("s"),
      data: { password: "PLANTED-VALUE" },
    };
    await db.objects.write(at("s", "/secrets"), () => ({ put: secret }));
    db.meta.put({ key: "default/secret/s", type: "secret", value: "PLANTED-VALUE" });
  }
  for (const file of readdirSync(directory)) {
    const path = join(directory, file);
    expect(readFileSync(path).includes("PLANTED-VALUE")).toBe(false);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  }
  const otherKey = Database.open({ path: join(directory, "edgesite.db"), key: key.map(() => 1) });
  expect(await otherKey.catch((error: Error) => error.message)).toContain(
    "the encryption key is not the one that they were written with",
  );
  await using keyless = await Database.open({ path: join(directory, "edgesite.db") });
  expect(keyless.unreadable).toEqual([]);
  expect(keyless.objects.list("/secrets").items).toEqual([]);
});

test("a second process on the same file is refused with one line", async () => {
  await using _db = await open();
  const error = await open().then(
    () => undefined,
    (reason: Error) => reason,
  );
  expect(error?.message).toContain("another edgesite runs on this data directory");
});

test("a database of a newer version is refused with one line", async () => {
  const sqlite = new Sqlite(join(directory, "edgesite.db"), { create: true });
  sqlite.run("PRAGMA user_version = 99");
  sqlite.close();
  const error = await open().catch((reason: Error) => reason);
  expect(error).toMatchObject({ name: "UserError" });
});

test("an object with a time to live goes by itself", async () => {
  await using db = await open();
  const gone = Promise.withResolvers<string>();
  db.objects.subscribe("/events", db.objects.resourceVersion, ({ type }) => {
    if (type === "DELETED") gone.resolve(type);
  });
  await db.objects.write(at("e", "/events"), () => ({
    put: named("e"),
    durability: "never",
    ttlMs: 5,
  }));
  expect(await gone.promise).toBe("DELETED");
  expect(db.objects.list("/events").items).toEqual([]);
});
