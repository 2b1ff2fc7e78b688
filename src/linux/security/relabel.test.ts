import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rejection } from "#test/kit/eventually.ts";
import { output } from "#test/kit/process.ts";
import { mountTmpfs, unmount } from "../mount.ts";
import { stableBytes, stableCString, systemCall } from "../system-call.ts";
import { relabel } from "./relabel.ts";

const LABEL = "system_u:object_r:container_file_t:s0:c1,c2";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "edgesite-relabel-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** What the kernel has as a path's label; of a link its own. */
function labelOf(path: string): string | undefined {
  const parent = systemCall({
    ...{ name: "openat", args: [-100, stableCString(path), 0o10000000 | 0o400000, 0] },
    what: `open ${path}`,
  });
  const value = stableBytes(256);
  const self = stableCString(`/proc/self/fd/${parent}`);
  try {
    const args = [self, stableCString("security.selinux"), value, value.length];
    const length = systemCall({ name: "getxattr", args, what: `read the label of ${path}` });
    return value.toString("utf8", 0, length);
  } catch {
    return undefined;
  }
}

test("a directory is labelled with all that is in it, links themselves, and nothing that they lead to", async () => {
  const outside = join(directory, "outside");
  const volume = join(directory, "volume");
  mkdirSync(join(volume, "deep/deeper"), { recursive: true });
  writeFileSync(outside, "");
  writeFileSync(join(volume, "deep/deeper/file"), "");
  writeFileSync(Buffer.from(`${volume}/deep/\xff`, "latin1"), "");
  symlinkSync(outside, join(volume, "link"));
  await relabel(volume, LABEL);
  for (const name of ["", "deep", "deep/deeper", "deep/deeper/file", "link"]) {
    expect(labelOf(join(volume, name))).toBe(`${LABEL}\0`);
  }
  expect(labelOf(outside)).toBeUndefined();
  expect(labelOf(directory)).toBeUndefined();
});

test("what bears the label already is not walked again", async () => {
  await relabel(directory, LABEL);
  writeFileSync(join(directory, "later"), "");
  await relabel(directory, LABEL);
  expect(labelOf(join(directory, "later"))).toBeUndefined();
  await relabel(directory, `${LABEL}3`);
  expect(labelOf(join(directory, "later"))).toBe(`${LABEL}3\0`);
});

test("what is mounted below keeps its labels", async () => {
  const inner = join(directory, "inner");
  mkdirSync(inner);
  mountTmpfs(inner);
  try {
    await relabel(directory, LABEL);
    expect(labelOf(inner)).toBeUndefined();
    expect(labelOf(directory)).toBe(`${LABEL}\0`);
  } finally {
    unmount(inner);
  }
});

test("what is mounted below keeps its labels, though it lies on the same file system", async () => {
  const [outside, volume] = [join(directory, "outside"), join(directory, "volume")];
  const inner = join(volume, "inner");
  mkdirSync(outside);
  mkdirSync(inner, { recursive: true });
  writeFileSync(join(outside, "file"), "");
  await output(["mount", "--bind", outside, inner]);
  try {
    await relabel(volume, LABEL);
  } finally {
    unmount(inner);
  }
  expect([outside, join(outside, "file")].flatMap((path) => labelOf(path) ?? [])).toEqual([]);
  expect(labelOf(volume)).toBe(`${LABEL}\0`);
});

test("a path with a link in it is refused", async () => {
  symlinkSync(directory, join(directory, "self"));
  expect((await rejection(relabel(join(directory, "self/self"), LABEL))).message).toContain(
    "ELOOP",
  );
});
