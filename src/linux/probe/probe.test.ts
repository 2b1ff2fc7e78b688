import { expect, test } from "bun:test";
import type { CgroupLayout } from "../cgroups/layout.ts";
import { probeCgroups } from "./cgroups.ts";
import { type ConfinementHost, probeConfinement } from "./confinement.ts";
import { probeKernel, probeOpenBeneath, probeSeccomp } from "./kernel.ts";
import { probeOwnUsers } from "./own-users.ts";
import { parseListeners } from "./ports.ts";
import { probePrivilege } from "./privilege.ts";
import { existingPart, probeStorage } from "./storage.ts";

const status = (user: number, capabilities: string) =>
  `Name:\tedgesite\nUid:\t1000\t${user}\t0\t0\nCapEff:\t${capabilities}\n`;

test("root must have what makes namespaces and networks", () => {
  expect(probePrivilege(status(0, "000001ffffffffff"))).toMatchObject({
    state: "ok",
    found: "root",
  });
  expect(probePrivilege(status(1000, "000001ffffffffff"))).toMatchObject({
    state: "failed",
    found: "user 1000",
  });
  // Docker's default for a container.
  expect(probePrivilege(status(0, "00000000a80425fb"))).toMatchObject({
    state: "failed",
    found: "root without CAP_SYS_ADMIN and CAP_NET_ADMIN",
  });
});

test.each([
  ["5.5.19", "failed"],
  ["5.12.0-rc1", "ok"],
  ["5.10.0-28-arm64", "failed"],
  ["5.15.0-91-generic", "ok"],
  ["4.19.0", "failed"],
  ["6.1", "ok"],
] as const)("the kernel %s: %s", (version, state) => {
  expect(probeKernel(version).state).toBe(state);
});

test("this kernel has what the native runtime needs", () => {
  expect([probeKernel(), probeOpenBeneath(), probeSeccomp()].map(({ state }) => state)).toEqual([
    "ok",
    "ok",
    "ok",
  ]);
  expect(probeSeccomp("/nonexistent").state).toBe("failed");
});

test.each([
  [{ kernel: "6.3.0", maxNamespaces: "1000" }, "ok", "allowed"],
  [
    { kernel: "6.1.0", maxNamespaces: "1000" },
    "note",
    "not with volumes in memory, as tokens and Secrets are, before Linux 6.3",
  ],
  [{ kernel: "6.1.0", maxNamespaces: "0" }, "note", "switched off"],
  [{ kernel: "6.1.0", maxNamespaces: undefined }, "note", "the kernel has none"],
  [{ kernel: "5.15.0", maxNamespaces: "1000" }, "note", "not with images before Linux 5.19"],
] as const)("users of pods' own with %o: %s", (facts, state, found) => {
  expect(probeOwnUsers(facts)).toMatchObject({ state, found });
});

test("a Raspberry Pi without memory control is told how to get it", () => {
  const unified = (controllers: readonly string[]): CgroupLayout => ({
    kind: "unified",
    hierarchies: [{ version: 2, mountPoint: "/sys/fs/cgroup", controllers }],
  });
  expect(probeCgroups(unified(["cpuset", "cpu", "io", "pids"]))).toMatchObject({
    state: "failed",
    found: "unified, without memory",
    advice: expect.stringContaining("cgroup_enable=memory"),
  });
  expect(probeCgroups(unified(["cpuset", "cpu", "io", "memory", "pids"]))).toMatchObject({
    state: "ok",
    found: "unified: cpu, memory, pids, io, cpuset",
  });
  expect(probeCgroups({ kind: "none", hierarchies: [] }).found).toBe("none are mounted");
});

test("sockets that wait are read from the kernel's tables, others not", () => {
  const tcp = [
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid",
    "   0: 00000000:0035 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0",
    "   1: 3500007F:192B 00000000:0000 0A 00000000:00000000 00:00000000 00000000   101",
    "   2: 0100007F:8A3C 0100007F:192B 01 00000000:00000000 00:00000000 00000000     0",
    "",
  ].join("\n");
  expect(parseListeners("tcp", tcp)).toEqual([
    { protocol: "tcp", port: 53, everywhere: true },
    { protocol: "tcp", port: 6443, everywhere: false },
  ]);
  const udp6 =
    "  12: 00000000000000000000000000000000:0035 00000000000000000000000000000000:0000 07 0\n" +
    "  13: 0000000000000000FFFF00000100007F:D431 0000000000000000FFFF00000100007F:0035 01 0\n";
  expect(parseListeners("udp", udp6)).toEqual([{ protocol: "udp", port: 53, everywhere: true }]);
});

test("a data directory that is a file, or lies below one, is refused", () => {
  for (const path of ["/proc/self/status", "/proc/self/status/not/there"]) {
    const directory = probeStorage(path).find(({ name }) => name === "data directory");
    expect(directory).toMatchObject({ state: "failed" });
  }
});

test("what exists of a path is found", () => {
  expect(existingPart("/proc/self/status/not/there")).toBe("/proc/self/status");
  expect(existingPart("/nonexistent/a/b")).toBe("/");
});

test("a host's AppArmor or SELinux is one line, with what to do where containers go without", () => {
  const off = { state: "off" } as const;
  const contexts = { process: "u:r:c_t:s0", file: "u:object_r:f_t:s0", image: "u:object_r:i_t:s0" };
  const say = (host: Partial<ConfinementHost>) =>
    probeConfinement({ appArmor: off, seLinux: off, ...host });
  expect(say({})).toMatchObject({ state: "ok", found: expect.stringContaining("neither") });
  const ready = { state: "ready", parser: "/sbin/apparmor_parser" } as const;
  expect(say({ appArmor: ready })).toMatchObject({ state: "ok", found: "AppArmor" });
  const unusable = { state: "unusable", reason: "It is on", advice: "Do it" } as const;
  expect(say({ appArmor: unusable })).toMatchObject({
    ...{ state: "note", found: "It is on: containers run without it", advice: "Do it" },
  });
  const enforcing = { state: "ready", enforcing: true, contexts } as const;
  expect(say({ seLinux: enforcing })).toMatchObject({ state: "ok", found: "SELinux, enforcing" });
  const foreign = { state: "unusable", reason: "its policy has none", contexts } as const;
  expect(say({ seLinux: foreign })).toMatchObject({
    ...{ state: "note", advice: expect.stringContaining("container-selinux") },
  });
});
