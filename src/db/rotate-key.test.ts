import { afterEach, beforeEach, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { KubeObject } from "#api/object.ts";
import { Database } from "./database.ts";
import { rotateKey } from "./rotate-key.ts";
import { keysOfSite, loadKeys, nextKey } from "./secret-key.ts";

const SECRETS = 230;
let directory: string;
const path = () => join(directory, "secrets.key");
const database = () => join(directory, "edgesite.db");

// Every step is on disk before the next: a busy disk makes them slow, not wrong.
setDefaultTimeout(30_000);

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "edgesite-rotate-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

const open = () =>
  Database.open({ path: database(), ...keysOfSite({ path: path(), database: database() }) });
const at = (name: string) => ({ collection: "/secrets", namespace: "default", name });
const secret = (name: string): KubeObject => ({
  metadata: { name, namespace: "default", annotations: { value: `value of ${name}` } },
});

async function prepare(): Promise<void> {
  await using db = await open();
  const names = Array.from({ length: SECRETS }, (_, index) => `s${index}`);
  await Promise.all(names.map((name) => db.objects.write(at(name), () => ({ put: secret(name) }))));
  db.meta.put({ key: "default/secret/s", type: "secret", value: '"hush"' });
}

async function expectAll(db: Database): Promise<void> {
  expect(db.unreadable).toEqual([]);
  expect(db.objects.list("/secrets").items).toHaveLength(SECRETS);
  expect(db.objects.get(at("s7"))?.value).toMatchObject(secret("s7"));
  expect(db.meta.get("default/secret/s")?.value).toBe('"hush"');
}

test("a rotation leaves nothing that the old key opens, and loses nothing", async () => {
  await prepare();
  const old = readFileSync(path());
  {
    await using db = await open();
    const during = db.objects.write(at("s7"), () => ({ put: secret("s7") }));
    await rotateKey(db, path());
    await during;
    await db.objects.write(at("s8"), () => ({ put: secret("s8") }));
    await expectAll(db);
  }
  expect(readdirSync(directory).toSorted()).toEqual(["edgesite.db", "secrets.key"]);
  const { key } = loadKeys(path());
  expect(key).not.toEqual(new Uint8Array(old));
  await expectAll(await opened(await open()));
  const withOld = await Database.open({ path: database(), key: old }).catch(String);
  expect(withOld).toContain("the encryption key is not the one");
});

test("both keys open all rows until a rotation that was cut short is brought to its end", async () => {
  await prepare();
  const previousKey = readFileSync(path());
  const key = nextKey(path());
  {
    await using db = await open();
    await db.useKeys({ key, previousKey });
    await db.objects.write(at("s7"), () => ({ put: secret("s7") }));
  }
  {
    await using db = await open();
    await expectAll(db);
    await rotateKey(db, path());
  }
  expect(loadKeys(path())).toEqual({ key });
  await expectAll(await opened(await open()));
});

/** Where a rotation stands when it is killed, and whether the new key is the only one then. */
const STEPS = [
  ["before the database knows of the new key", 0, false],
  ["before the first row is sealed anew", 1, false],
  ["after the last", 2, false],
  ["before the old key is forgotten", 3, true],
  ["at its end", 4, true],
] as const;

test.each(STEPS)(
  "a rotation that is killed %s loses nothing",
  async (_, step, isDone) => {
    await prepare();
    const before = readFileSync(path());
    const script = join(directory, "rotate.ts");
    writeFileSync(
      script,
      `import { Database } from ${JSON.stringify(join(import.meta.dir, "database.ts"))};
     import { rotateKey } from ${JSON.stringify(join(import.meta.dir, "rotate-key.ts"))};
     import { keysOfSite } from ${JSON.stringify(join(import.meta.dir, "secret-key.ts"))};
     const [path, database] = process.argv.slice(2);
     const db = await Database.open({ path: database, ...keysOfSite({ path, database }) });
     let step = 0;
     const reached = () => { if (step++ === ${step}) process.kill(process.pid, "SIGKILL"); };
     const rows = {
       async useKeys(keys) { reached(); await db.useKeys(keys); },
       async resealAll() { reached(); await db.resealAll(); reached(); },
     };
     await rotateKey(rows, path);
     reached();`,
    );
    const child = Bun.spawn([process.execPath, script, path(), database()]);
    await child.exited;
    expect(child.signalCode).toBe("SIGKILL");
    expect(readFileSync(path()).equals(before)).toBe(!isDone);
    await using db = await open();
    await expectAll(db);
    await rotateKey(db, path());
    await expectAll(db);
    expect(readFileSync(path()).equals(before)).toBe(false);
  },
  30_000,
);

/** Closes what was opened and passes it on: what it read stays. */
async function opened(db: Database): Promise<Database> {
  await db[Symbol.asyncDispose]();
  return db;
}
