import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { filesWith } from "./plant.ts";

const VALUE = "a planted value?>";
const directory = mkdtempSync(join(tmpdir(), "edgesite-plant-"));
afterAll(() => rmSync(directory, { recursive: true }));

test.each([
  ["plain", `x${VALUE}y`],
  ["hex", Buffer.from(`xy${VALUE}`).toString("hex")],
  ...[0, 1, 2].map((before) => [
    `base64 after ${before} bytes`,
    Buffer.from(`${"x".repeat(before)}${VALUE}yy`).toString("base64"),
  ]),
  ["base64url", Buffer.from(`xx${VALUE}`).toString("base64url")],
])("a value is found: %s", (_, text) => {
  const path = join(directory, "file");
  writeFileSync(path, text ?? "");
  expect(filesWith(VALUE, directory)).toEqual([path]);
  writeFileSync(path, "a planted");
  expect(filesWith(VALUE, directory)).toEqual([]);
});
