import { afterAll, beforeAll, expect, test } from "bun:test";
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  makeDirectoriesBeneath,
  openBeneath,
  openHow,
  openWithoutLinks,
  RESOLVE,
} from "./open-beneath.ts";

let root: string;
let directory: number;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "edgesite-beneath-"));
  mkdirSync(join(root, "real/deep"), { recursive: true });
  writeFileSync(join(root, "real/file"), "");
  symlinkSync("real", join(root, "inside"));
  symlinkSync("../real", join(root, "real/round"));
  symlinkSync("/etc", join(root, "absolute"));
  symlinkSync("../..", join(root, "real/out"));
  symlinkSync("/proc/self/root", join(root, "magic"));
  symlinkSync("nowhere", join(root, "dangling"));
  directory = openSync(root, "r");
});

afterAll(() => {
  closeSync(directory);
  rmSync(root, { recursive: true });
});

/** Where a descriptor is, below the root; it is closed. */
function placeOf(descriptor: number): string {
  const path = readlinkSync(`/proc/self/fd/${descriptor}`);
  closeSync(descriptor);
  return path.replace(root, "");
}

test("what is beneath is opened, through links too", () => {
  for (const [path, place] of [
    [".", ""],
    ["real/deep", "/real/deep"],
    ["inside/deep", "/real/deep"],
    ["inside/round/file", "/real/file"],
    ["real/deep/..", "/real"],
  ] as const) {
    expect(placeOf(openBeneath({ directory, path }))).toBe(place);
  }
});

test.each(["..", "absolute", "absolute/passwd", "real/out", "real/out/etc", "magic/etc"])(
  "%p does not lead out",
  (path) => {
    expect(() => openBeneath({ directory, path })).toThrow(/EXDEV|ELOOP/);
    expect(() => makeDirectoriesBeneath({ directory, path }, { mode: 0o755 })).toThrow(
      /EXDEV|ELOOP|EEXIST/,
    );
  },
);

test("a leading slash leads out of nothing", () => {
  expect(() => openBeneath({ directory, path: "/etc" })).toThrow("EXDEV");
  const made = makeDirectoriesBeneath({ directory, path: "/opt" }, { mode: 0o755 });
  expect(placeOf(made)).toBe("/opt");
});

test("a directory can be the root of a path", () => {
  const how = { resolve: RESOLVE.inRoot };
  expect(placeOf(openBeneath({ directory, path: "/../inside/../real" }, how))).toBe("/real");
  expect(() => openBeneath({ directory, path: "absolute" }, how)).toThrow("ENOENT");
});

test("directories are made with their mode, whatever the umask is", () => {
  const umask = process.umask(0o077);
  try {
    const made = makeDirectoriesBeneath({ directory, path: "inside//a/./b" }, { mode: 0o2775 });
    expect(placeOf(made)).toBe("/real/a/b");
  } finally {
    process.umask(umask);
  }
  expect(statSync(join(root, "real/a")).mode & 0o7777).toBe(0o2775);
  const again = makeDirectoriesBeneath({ directory, path: "real/a/b" }, { mode: 0o700 });
  expect(placeOf(again)).toBe("/real/a/b");
  expect(statSync(join(root, "real/a/b")).mode & 0o7777).toBe(0o2775);
});

test("nothing is made behind a dangling link, a file, or a link where none may be", () => {
  const make = (path: string, followLinks = true) =>
    makeDirectoriesBeneath({ directory, path }, { mode: 0o755, followLinks });
  expect(() => make("dangling/x")).toThrow("EEXIST");
  expect(() => make("real/file/x")).toThrow("ENOTDIR");
  expect(() => make("inside/x", false)).toThrow("ELOOP");
});

test("a resolved path is opened only while no link is in it", () => {
  expect(placeOf(openWithoutLinks(join(root, "real/deep")))).toBe("/real/deep");
  expect(() => openWithoutLinks(join(root, "inside/deep"))).toThrow("ELOOP");
});

test("no descriptor stays open", () => {
  const before = openSync("/dev/null", "r");
  closeSync(before);
  for (const path of ["real/deep/new", "..", "dangling/x", "real/file/x"]) {
    try {
      closeSync(makeDirectoriesBeneath({ directory, path }, { mode: 0o755 }));
    } catch (error) {
      expect(error).toMatchObject({ name: "SystemCallError" });
    }
  }
  const after = openSync("/dev/null", "r");
  closeSync(after);
  expect(after).toBe(before);
});

test("how a path is opened is written as the kernel reads it", () => {
  expect(openHow({ flags: 0x1234, mode: 0o755, resolve: RESOLVE.noLinks }).toString("hex")).toBe(
    "3412000000000000ed010000000000000400000000000000",
  );
});
