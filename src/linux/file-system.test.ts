import { expect, test } from "bun:test";
import { fileSystemName, hasFileSystem } from "./file-system.ts";

test("a kind of file system is there or not", () => {
  expect(hasFileSystem("proc")).toBe(true);
  expect(hasFileSystem("nosuchfs")).toBe(false);
});

test("a type of file system has a name, or is told by its number", () => {
  expect(fileSystemName(0xef53)).toBe("ext4");
  expect(fileSystemName(0xbad)).toBe("a file system of type 0xbad");
});
