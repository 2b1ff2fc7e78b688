import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keysOfSite, loadKeys } from "./secret-key.ts";

let directory: string;
const place = () => ({
  path: join(directory, "secrets.key"),
  database: join(directory, "edgesite.db"),
});

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "edgesite-key-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

test("keysOfSite() makes a private key for a new site and finds it again", () => {
  const { path } = place();
  expect(loadKeys(path)).toEqual({});
  const made = keysOfSite(place());
  expect(made.key).toHaveLength(32);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(keysOfSite(place())).toEqual(made);
});

test("keysOfSite() makes no other key beside a database that needs the lost one", () => {
  writeFileSync(place().database, "");
  expect(() => keysOfSite(place())).toThrow("Cannot find the encryption key");
  expect(loadKeys(place().path)).toEqual({});
});

test("a damaged key is refused", () => {
  writeFileSync(place().path, "short");
  expect(() => loadKeys(place().path)).toThrow("it has 5 bytes, not 32");
});
