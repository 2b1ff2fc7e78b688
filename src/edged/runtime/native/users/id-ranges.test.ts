import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rejection } from "#test/kit/eventually.ts";
import { IDS_PER_POD, IdRanges, type IdSpace } from "./id-ranges.ts";
import { idSpace } from "./id-space.ts";

const owner = (id: string, uid = id) => ({ id, pod: { uid } });
const space = (changes: Partial<IdSpace> = {}): IdSpace => ({
  ...{ first: IDS_PER_POD, count: 4 * IDS_PER_POD, foreign: [], preferred: 0, ...changes },
});
const range = (number: number) => ({ first: number * IDS_PER_POD, count: IDS_PER_POD });

test("no two pods have IDs in common, a pod's sandboxes have the same, and released ones come again", () => {
  const ranges = new IdRanges();
  expect(ranges.take(owner("a"), space())).toEqual(range(1));
  expect(ranges.take(owner("b"), space())).toEqual(range(2));
  expect(ranges.take(owner("a2", "a"), space())).toEqual(range(1));
  ranges.release(owner("a"));
  expect(ranges.take(owner("c"), space())).toEqual(range(3));
  ranges.release(owner("a2"));
  expect(ranges.take(owner("d"), space())).toEqual(range(1));
});

test("what a sandbox had before a restart is nobody else's", () => {
  const ranges = new IdRanges();
  ranges.keep(owner("a"), range(1));
  expect(ranges.take(owner("b"), space())).toEqual(range(2));
  expect(ranges.take(owner("a2", "a"), space())).toEqual(range(1));
});

test("a site begins at its own place, goes round, leaves out what others have, and says when all are taken", () => {
  const ranges = new IdRanges();
  const near = space({ preferred: 7, foreign: [{ first: 2 * IDS_PER_POD + 100, count: 5 }] });
  expect(ranges.take(owner("a"), near)).toEqual(range(4));
  expect(ranges.take(owner("b"), near)).toEqual(range(1));
  expect(ranges.take(owner("c"), near)).toEqual(range(3));
  expect(() => ranges.take(owner("d"), near)).toThrow(
    "No 65536 IDs between 65536 and 327679 are free",
  );
});

const withFiles = async (users: string, groups: string) => {
  const directory = mkdtempSync(join(tmpdir(), "subordinate-"));
  const files = { users: join(directory, "subuid"), groups: join(directory, "subgid") };
  writeFileSync(files.users, users);
  writeFileSync(files.groups, groups);
  try {
    return await idSpace("0000000a", files);
  } finally {
    rmSync(directory, { recursive: true });
  }
};

test("pods have kubelet's subordinate IDs where there are any", async () => {
  const line = `ada:100000:65536\nkubelet:${IDS_PER_POD * 9}:${IDS_PER_POD * 110}\n`;
  expect(await withFiles(line, line)).toEqual({
    ...{ first: IDS_PER_POD * 9, count: IDS_PER_POD * 110, foreign: [], preferred: 0 },
  });
});

test("otherwise they have what nobody was given, and each site begins elsewhere", async () => {
  const found = await withFiles("# users\nada:100000:65536\n", "");
  expect(found).toEqual({
    ...{ first: IDS_PER_POD, count: 2 ** 31 - IDS_PER_POD, preferred: 10 },
    foreign: [expect.objectContaining({ first: 100_000, count: 65_536 })],
  });
});

test.each([
  ["kubelet:65536:65536", ""],
  ["kubelet:65536:65536", "kubelet:131072:65536"],
  ["kubelet:65537:65536", "kubelet:65537:65536"],
  ["kubelet:65536:65535", "kubelet:65536:65535"],
  ["kubelet:65536:65536\nkubelet:262144:65536", "kubelet:65536:65536"],
])("IDs of kubelet that do not fit are refused: %j and %j", async (users, groups) => {
  const { message } = await rejection(withFiles(users, groups));
  expect(message).toStartWith("The IDs of kubelet in ");
});
