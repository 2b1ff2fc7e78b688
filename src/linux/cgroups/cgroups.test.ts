import { afterAll, describe, expect, test } from "bun:test";
import { randomUUID } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { must } from "#lib/errors.ts";
import { ALL_DEVICES, DEFAULT_DEVICE_RULES } from "../devices/rules.ts";
import { Cgroup } from "./cgroup.ts";
import { freeze } from "./freezer.ts";
import { type CgroupLayout, detectCgroups, type Hierarchy } from "./layout.ts";
import { cgroupUsage } from "./usage.ts";

const layout = detectCgroups();
const name = `edgesite-test-${randomUUID().slice(0, 8)}`;
const site = new Cgroup(layout, name);
const children: Bun.Subprocess[] = [];

/** What this host has, and each part of it as if there were nothing else. */
const layouts = [
  ["all hierarchies", layout],
  ["version 2 alone", part("unified", ({ version }) => version === 2)],
  ["version 1 alone", part("legacy", ({ version }) => version === 1)],
] as const satisfies readonly (readonly [string, CgroupLayout])[];

function part(kind: CgroupLayout["kind"], which: (one: Hierarchy) => boolean): CgroupLayout {
  return { kind, hierarchies: layout.hierarchies.filter(which) };
}

afterAll(async () => {
  await site.kill(AbortSignal.timeout(5000));
  for (const child of children) await child.exited;
  expect(site.remove()).toBe(true);
  expect(site.directories.filter((directory) => existsSync(directory))).toEqual([]);
});

/** A process that joins a group as a container's does, then becomes `command`. */
function runIn(group: Cgroup, command: string): Bun.Subprocess<"ignore", "pipe", "pipe"> {
  const script = 'for f in $JOIN; do echo 0 > "$f" || exit 99; done; exec sh -c "$COMMAND"';
  const child = Bun.spawn(["sh", "-c", script], {
    env: { PATH: "/usr/bin:/bin", JOIN: group.joinFiles.join(" "), COMMAND: command },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  children.push(child);
  return child;
}

async function outcome(child: Bun.Subprocess<"ignore", "pipe", "pipe">) {
  const [out, error] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  return { code: await child.exited, signal: child.signalCode, text: out + error };
}

function made(leaf: string, here: CgroupLayout = layout): Cgroup {
  const group = new Cgroup(here, `${name}/pod/${leaf}`);
  group.make();
  return group;
}

describe.each(layouts.filter(([, { hierarchies }]) => hierarchies.length > 0))(
  "with %s",
  (_, here) => {
    test("a group is made, joined, seen, killed and removed", async () => {
      const group = made("life", here);
      group.make();
      expect(group.directories.every((directory) => existsSync(directory))).toBe(true);
      const child = runIn(group, "echo in; sleep 1000 & exec sleep 1000");
      await child.stdout.getReader().read();
      const membership = readFileSync(`/proc/${child.pid}/cgroup`, "utf8").trim().split("\n");
      const own = membership.filter((line) => line.endsWith(group.path));
      expect(own).toHaveLength(here.hierarchies.length);
      expect(group.processes()).toContain(child.pid);
      expect(site.processes()).toContain(child.pid);
      expect(new Cgroup(here, name).leaves().map(({ path }) => path)).toContain(group.path);
      expect(group.remove()).toBe(false);
      await group.kill(AbortSignal.timeout(5000));
      expect(group.processes()).toEqual([]);
      expect(await child.exited).not.toBe(0);
      expect(group.remove()).toBe(true);
      expect(group.remove()).toBe(true);
      expect(group.usage()).toBeUndefined();
    });

    test("what was left frozen runs again", async () => {
      const group = made("frozen", here);
      const child = runIn(
        group,
        "trap 'echo asked; exit' USR1; echo in; while :; do sleep 0.01; done",
      );
      const output = child.stdout.getReader();
      await output.read();
      const directoryOf = (which: (one: Hierarchy) => boolean) => {
        const hierarchy = here.hierarchies.find(which);
        return hierarchy && join(hierarchy.mountPoint, group.path);
      };
      const unified = directoryOf(({ version }) => version === 2);
      const legacy = directoryOf(({ controllers }) => controllers.includes("freezer"));
      expect(freeze({ unified, legacy })).toBeDefined();
      child.kill("SIGUSR1");
      new Cgroup(here, name).thaw();
      expect(Buffer.from((await output.read()).value ?? []).toString()).toBe("asked\n");
    });

    test("processes that fork without end are killed", async () => {
      const group = made("forks", here);
      const limiter = made("forks");
      limiter.limit({ pids: 50 });
      const child = runIn(limiter, "echo in; f() { f & f; }; f");
      await child.stdout.getReader().read();
      await group.kill(AbortSignal.timeout(5000));
      expect(group.processes()).toEqual([]);
    });

    test("only the devices of the rules can be used", async () => {
      const group = made("devices", here);
      group.limitDevices(DEFAULT_DEVICE_RULES);
      const folder = mkdtempSync(join(tmpdir(), "edgesite-devices-"));
      const command = `cd ${folder}; head -c 1 /dev/zero | wc -c; mknod kmsg c 1 11 && echo made; head -c 1 kmsg`;
      const { code, text } = await outcome(runIn(group, command));
      expect(text).toStartWith("1\nmade\n");
      expect(text).toContain("Operation not permitted");
      expect(code).not.toBe(0);
      await group.kill(AbortSignal.timeout(5000));
      expect(group.remove()).toBe(true);
      const privileged = made("devices", here);
      privileged.limitDevices(ALL_DEVICES);
      const allowed = await outcome(runIn(privileged, `: < ${folder}/kmsg && echo open`));
      expect(allowed.text).toBe("open\n");
      rmSync(folder, { recursive: true });
    });

    test("reading can be allowed without writing", async () => {
      const group = made("reading", here);
      group.limitDevices([
        { type: "c", major: 1, minor: 3, access: "rw" },
        { type: "c", major: 1, minor: 5, access: "r" },
      ]);
      const command = "cat < /dev/null && echo read; : < /dev/zero && echo zero; : > /dev/zero";
      const { text } = await outcome(runIn(group, command));
      expect(text).toStartWith("read\nzero\n");
      expect(text).toContain("Operation not permitted");
    });
  },
);

test("memory beyond the limit kills, and is counted", async () => {
  const group = made("memory");
  group.limit({ memoryBytes: 16 << 20 });
  expect(group.oomKills()).toBe(0);
  const { code } = await outcome(runIn(group, "head -c 100000000 /dev/zero | tail"));
  expect(code).not.toBe(0);
  expect(group.oomKills()).toBeGreaterThan(0);
});

test("limits rise and fall", () => {
  const group = made("limits");
  for (const megabytes of [64, 16, 128]) {
    group.limit({
      memoryBytes: megabytes << 20,
      cpuShares: 512,
      cpuPeriodMicroseconds: 50_000,
      cpuQuotaMicroseconds: megabytes * 1000,
      pids: megabytes,
      ioWeight: 500,
    });
    const text = (name: string) =>
      must(
        group.directories
          .map((directory) => join(directory, name))
          .find((path) => existsSync(path)),
        name,
      );
    const memory = layout.kind === "unified" ? "memory.max" : "memory.limit_in_bytes";
    expect(Number(readFileSync(text(memory), "utf8"))).toBe(megabytes << 20);
    expect(Number(readFileSync(text("pids.max"), "utf8"))).toBe(megabytes);
  }
});

test("processes beyond the limit cannot be made", async () => {
  const group = made("pids");
  group.limit({ pids: 2 });
  const { text } = await outcome(runIn(group, "sleep 0 & sleep 0 & sleep 0 & wait"));
  expect(text).toMatch(/fork/i);
});

test("what a group has used is told", async () => {
  const group = made("usage");
  const child = runIn(
    group,
    "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; echo done; exec sleep 1000",
  );
  await child.stdout.getReader().read();
  const usage = must(group.usage(), "the usage");
  expect(usage.cpuNanoseconds).toBeGreaterThan(1_000_000);
  expect(usage.memoryBytes).toBeGreaterThan(0);
  expect(cgroupUsage(child.pid)?.cpuNanoseconds).toBeGreaterThanOrEqual(usage.cpuNanoseconds);
  await group.kill(AbortSignal.timeout(5000));
});

describe("Cgroup", () => {
  test.each(["", "/a", "a/../b", "..", "a//b", "a b", "a/."])("%p is no path of one", (path) => {
    expect(() => new Cgroup(layout, path)).toThrow(RangeError);
  });
});
