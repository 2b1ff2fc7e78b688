import { expect, test } from "bun:test";
import { hasFileSystem } from "./file-system.ts";

test("a kind of file system is there or not", () => {
  expect(hasFileSystem("proc")).toBe(true);
  expect(hasFileSystem("nosuchfs")).toBe(false);
});
