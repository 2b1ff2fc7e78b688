import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { detectCgroups } from "./layout.ts";
import { cpuWeight, ioWeight, legacyWrites, limitsOf, unifiedWrites } from "./limits.ts";
import { cgroupPaths } from "./usage.ts";

const MIB = 1 << 20;

describe("limitsOf() converts as kubelet does", () => {
  test.each([
    [{ cpuRequestMillis: 0 }, { cpuShares: 2 }],
    [{ cpuRequestMillis: 1 }, { cpuShares: 2 }],
    [{ cpuRequestMillis: 250 }, { cpuShares: 256 }],
    [{ cpuRequestMillis: 1000 }, { cpuShares: 1024 }],
    [{ cpuRequestMillis: 1_000_000 }, { cpuShares: 262_144 }],
    [
      { cpuRequestMillis: 100, cpuLimitMillis: 500, memoryLimitBytes: 64 * MIB },
      {
        cpuShares: 102,
        cpuPeriodMicroseconds: 100_000,
        cpuQuotaMicroseconds: 50_000,
        memoryBytes: 64 * MIB,
      },
    ],
    [
      { cpuRequestMillis: 1, cpuLimitMillis: 1, memoryLimitBytes: 0 },
      { cpuShares: 2, cpuPeriodMicroseconds: 100_000, cpuQuotaMicroseconds: 1000 },
    ],
  ])("%j", (wish, limits) => {
    expect(limitsOf(wish)).toEqual(limits);
  });
});

test("weights of version 2 are those that runc computes", () => {
  expect([0, 2, 102, 1024, 262_144, 300_000].map(cpuWeight)).toEqual([1, 1, 4, 39, 10_000, 10_000]);
  expect([10, 500, 1000].map(ioWeight)).toEqual([1, 4950, 10_000]);
});

const limits = {
  cpuShares: 512,
  cpuQuotaMicroseconds: 20_000,
  cpuPeriodMicroseconds: 50_000,
  memoryBytes: 10 * MIB,
  pids: 100,
  ioWeight: 100,
  io: [{ major: 8, minor: 16, readBytesPerSecond: MIB, writesPerSecond: 7 }],
};
const texts = (writes: ReturnType<typeof legacyWrites>) =>
  writes.map(({ file, value }) => `${file} ${value}`);

test("limits are written as version 1 reads them", () => {
  expect(texts(legacyWrites(limits))).toEqual([
    "cpu.shares 512",
    "cpu.cfs_period_us 50000",
    "cpu.cfs_quota_us 20000",
    "memory.limit_in_bytes 10485760",
    "memory.memsw.limit_in_bytes 10485760",
    "pids.max 100",
    "blkio.weight 100",
    "blkio.throttle.read_bps_device 8:16 1048576",
    "blkio.throttle.write_iops_device 8:16 7",
  ]);
  expect(legacyWrites({})).toEqual([]);
});

test("limits are written as version 2 reads them", () => {
  expect(texts(unifiedWrites(limits))).toEqual([
    "cpu.weight 20",
    "cpu.max 20000 50000",
    "memory.max 10485760",
    "memory.swap.max 0",
    "pids.max 100",
    "io.weight default 910",
    "io.max 8:16 rbps=1048576 wiops=7",
  ]);
  expect(unifiedWrites({})).toEqual([]);
});

test("the paths of a process are read, whatever the version", () => {
  expect([...cgroupPaths("0::/edgesite-1/pod1/app\n")]).toEqual([["", "/edgesite-1/pod1/app"]]);
  expect([...cgroupPaths("5:cpu,cpuacct:/a\n1:name=systemd:/b:c\n0::/\n")]).toEqual([
    ["cpu", "/a"],
    ["cpuacct", "/a"],
    ["name=systemd", "/b:c"],
    ["", "/"],
  ]);
});

describe("detectCgroups()", () => {
  const line = (point: string, type: string, options: string) =>
    `30 25 0:26 / ${point} rw,nosuid,nodev,noexec,relatime shared:4 - ${type} ${type} ${options}`;
  const root = "28 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw";

  test("knows version 1, with controllers that share a tree, and leaves useless ones alone", () => {
    const layout = detectCgroups(
      [
        root,
        line("/sys/fs/cgroup/cpu,cpuacct", "cgroup", "rw,cpu,cpuacct"),
        line("/sys/fs/cgroup/memory", "cgroup", "rw,memory"),
        line("/sys/fs/cgroup/net_cls,net_prio", "cgroup", "rw,net_cls,net_prio"),
        line("/sys/fs/cgroup/systemd", "cgroup", "rw,xattr,release_agent=/x,name=systemd"),
        line("/mnt/again", "cgroup", "rw,memory"),
      ].join("\n"),
    );
    expect(layout).toEqual({
      kind: "legacy",
      hierarchies: [
        {
          version: 1,
          mountPoint: "/sys/fs/cgroup/cpu,cpuacct",
          controllers: ["cpu", "cpuacct"],
        },
        { version: 1, mountPoint: "/sys/fs/cgroup/memory", controllers: ["memory"] },
        { version: 1, mountPoint: "/sys/fs/cgroup/systemd", controllers: ["name=systemd"] },
      ],
    });
  });

  test("knows version 2 by itself and beside version 1, with blanks in its path", () => {
    const folder = mkdtempSync(join(tmpdir(), "edgesite cgroup "));
    writeFileSync(join(folder, "cgroup.controllers"), "cpuset cpu io memory pids\n");
    const unified = line(folder.replaceAll(" ", "\\040"), "cgroup2", "rw,nsdelegate");
    const hierarchy = {
      version: 2,
      mountPoint: folder,
      controllers: ["cpuset", "cpu", "io", "memory", "pids"],
    } as const;
    expect(detectCgroups(`${root}\n${unified}\n`)).toEqual({
      kind: "unified",
      hierarchies: [hierarchy],
    });
    const both = detectCgroups(`${line("/x/pids", "cgroup", "rw,pids")}\n${unified}\n`);
    expect(both.kind).toBe("hybrid");
    rmSync(folder, { recursive: true });
  });

  test("says so where nothing is mounted", () => {
    expect(detectCgroups(root)).toEqual({ kind: "none", hierarchies: [] });
  });
});
