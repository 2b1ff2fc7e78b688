import { afterEach, beforeEach, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UserError } from "#lib/errors.ts";
import { rejection } from "#test/kit/eventually.ts";
import { Database } from "./database.ts";
import type { ObjectKey } from "./object-store.ts";

const PAGE_BYTES = 4096;
const COUNT = 300;
const ADDRESSES = ["10.0.0.1", "10.0.0.2"];
const key = new Uint8Array(32).fill(7);
let path: string;
let directory: string;

// Every step is on disk before the next: a busy disk makes them slow, not wrong.
setDefaultTimeout(30_000);

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "edgesite-salvage-"));
  path = join(directory, "edgesite.db");
});
afterEach(() => rmSync(directory, { recursive: true }));

const open = () => Database.open({ path, key });
const nameOf = (index: number): string => `object-${String(index).padStart(3, "0")}`;
const at = (index: number): ObjectKey => ({
  collection: "/configmaps",
  namespace: "default",
  name: nameOf(index),
});

/** As many objects as take many pages, and the addresses of two pods. */
async function prepare(): Promise<void> {
  await using db = await open();
  const value = "x".repeat(400);
  await Promise.all(
    Array.from({ length: COUNT }, (_, index) => {
      const metadata = { name: nameOf(index), namespace: "default", annotations: { value } };
      return db.objects.write(at(index), () => ({ put: { metadata } }));
    }),
  );
  db.meta.put({ key: "default/pod/web", type: "pod", value: "{}" });
  await db.addressLeases(() => ADDRESSES).lease("pod-a");
}

/** Overwrites every page on which `text` stands and `without` does not. */
function damagePages(text: string, without: string): number {
  const file = readFileSync(path);
  let count = 0;
  // The first page is the file's head.
  for (let from = PAGE_BYTES; from < file.length; from += PAGE_BYTES) {
    const page = file.subarray(from, from + PAGE_BYTES);
    if (!page.includes(text) || page.includes(without)) continue;
    page.fill(0xff);
    count += 1;
  }
  writeFileSync(path, file);
  return count;
}

const VALUE = '"annotations"';
const nowhere = "\u0000 nowhere";

for (const [where, index] of [
  ["in the middle", 150],
  ["at the end", COUNT - 1],
] as const) {
  test(`objects on a page ${where} that cannot be read are in quarantine by name, all others are served`, async () => {
    await prepare();
    expect(damagePages(`"${nameOf(index)}"`, nowhere)).toBe(1);
    const damaged = readFileSync(path);
    {
      await using db = await open();
      const { items } = db.objects.list("/configmaps");
      const lost = db.salvage?.lostObjects ?? 0;
      expect(lost).toBeWithin(1, 10);
      expect(items).toHaveLength(COUNT - lost);
      expect(db.objects.quarantined(at(index))).toBe(
        "its page of the database file cannot be read",
      );
      expect(db.unreadable).toHaveLength(lost);
      expect(db.meta.list("pod")).toHaveLength(1);
      expect(readFileSync(db.salvage?.damagedFile ?? "")).toEqual(damaged);
      expect(statSync(path).mode & 0o777).toBe(0o600);
      const metadata = { name: nameOf(index), namespace: "default" };
      await db.objects.write(at(index), () => ({ put: { metadata } }));
    }
    await using again = await open();
    expect(again.salvage).toBeUndefined();
    expect(again.objects.get(at(index))?.value.metadata?.annotations).toBeUndefined();
    expect(await again.addressLeases(() => ADDRESSES).lease("pod-b")).toBe("10.0.0.2");
  });
}

test("a damaged index costs no object", async () => {
  await prepare();
  expect(damagePages(nameOf(150), VALUE)).toBeGreaterThan(0);
  await using db = await open();
  expect(db.salvage?.lostObjects).toBe(0);
  expect(db.objects.list("/configmaps").items).toHaveLength(COUNT);
  expect(db.unreadable).toEqual([]);
});

test("what was left by an attempt that lost power is no obstacle", async () => {
  await prepare();
  damagePages(nameOf(150), VALUE);
  writeFileSync(`${path}.new`, "half");
  writeFileSync(`${path}.damaged-1`, "an older one");
  await using db = await open();
  expect(db.salvage?.damagedFile).toBe(`${path}.damaged-2`);
  expect(existsSync(`${path}.new`)).toBe(false);
});

test("a file whose settings cannot be read is refused and left as it is", async () => {
  await prepare();
  expect(damagePages("resourceVersionCeiling", VALUE)).toBe(1);
  const damaged = readFileSync(path);
  const error = await rejection(open());
  expect(error).toBeInstanceOf(UserError);
  expect(error.message).toContain(`Cannot read the database ${path}: it is damaged`);
  expect(readFileSync(path)).toEqual(damaged);
  expect(existsSync(`${path}.new`)).toBe(false);
});
