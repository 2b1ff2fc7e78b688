import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keyOfSite, loadKey } from "./secret-key.ts";

let directory: string;
const place = () => ({
  path: join(directory, "secrets.key"),
  database: join(directory, "edgesite.db"),
});

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "edgesite-key-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

test("keyOfSite() makes a private key for a new site and finds it again", () => {
  const { path } = place();
  expect(loadKey(path)).toBeUndefined();
  const key = keyOfSite(place());
  expect(key).toHaveLength(32);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(keyOfSite(place())).toEqual(key);
});

test("keyOfSite() makes no other key beside a database that needs the lost one", () => {
  writeFileSync(place().database, "");
  expect(() => keyOfSite(place())).toThrow("Cannot find the encryption key");
  expect(loadKey(place().path)).toBeUndefined();
});

test("a damaged key is refused", () => {
  writeFileSync(place().path, "short");
  expect(() => loadKey(place().path)).toThrow("it has 5 bytes, not 32");
});
