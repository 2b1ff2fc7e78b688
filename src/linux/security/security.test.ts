import { describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  appArmorEnabled,
  appArmorExecAttribute,
  appArmorHost,
  chooseAppArmorProfile,
} from "./app-armor.ts";
import { appArmorProfile } from "./app-armor-profile.ts";
import {
  containerContexts,
  freeLevel,
  seLinuxExecAttribute,
  seLinuxLabels,
  seLinuxMountOption,
} from "./se-linux.ts";

describe("AppArmor", () => {
  test("the profile includes what the host has", () => {
    const bare = appArmorProfile("one", () => false);
    expect(bare).toStartWith(
      "@{PROC}=/proc/\n\nprofile one flags=(attach_disconnected,mediate_deleted) {\n  network,",
    );
    expect(bare).toContain("  signal (send,receive) peer=one,\n");
    expect(bare).toContain("  deny mount,\n");
    const full = appArmorProfile("one", () => true);
    expect(full).toStartWith("#include <tunables/global>\n");
    expect(full).toContain("  #include <abstractions/base>\n");
  });

  test("a profile is chosen by what the pod asks for and the host has", () => {
    expect(chooseAppArmorProfile({ type: "unconfined" }, "own")).toBeUndefined();
    expect(chooseAppArmorProfile({ type: "default" }, "own")).toBe("own");
    expect(chooseAppArmorProfile(undefined, "own")).toBe("own");
    expect(chooseAppArmorProfile(undefined, undefined)).toBeUndefined();
    expect(() => chooseAppArmorProfile({ type: "default" }, undefined)).toThrow(
      "could not be loaded",
    );
    const reason = appArmorEnabled() ? "is not loaded" : "is not enabled on the host";
    expect(() => chooseAppArmorProfile({ type: "localhost", name: "none-such" }, "own")).toThrow(
      reason,
    );
  });

  test("a host is told what it lacks to load profiles", () => {
    const host = (...paths: string[]) => appArmorHost(true, (path) => paths.includes(path));
    const mounted = "/sys/kernel/security/apparmor";
    expect(appArmorHost(false)).toEqual({ state: "off" });
    expect(host("/usr/sbin/apparmor_parser")).toMatchObject({
      state: "unusable",
      advice: "mount -t securityfs none /sys/kernel/security",
    });
    expect(host(mounted)).toMatchObject({
      state: "unusable",
      advice: "Install the package apparmor",
    });
    expect(host(mounted, "/usr/sbin/apparmor_parser")).toEqual({
      state: "ready",
      parser: "/usr/sbin/apparmor_parser",
    });
  });

  test("a process asks for it before execve", () => {
    expect(appArmorExecAttribute("one")).toEqual({
      files: ["/proc/self/attr/apparmor/exec", "/proc/self/attr/exec"],
      value: "exec one",
    });
  });
});

describe("SELinux", () => {
  const contexts = {
    process: "system_u:system_r:container_t:s0",
    file: "system_u:object_r:container_file_t:s0",
  };

  test("a pod changes parts of the labels", () => {
    expect(seLinuxLabels({}, contexts)).toEqual(contexts);
    const labels = seLinuxLabels({ user: "u", type: "spc_t", level: "s0:c1,c2" }, contexts);
    expect(labels).toEqual({
      process: "u:system_r:spc_t:s0:c1,c2",
      file: "u:object_r:container_file_t:s0:c1,c2",
    });
    expect(seLinuxExecAttribute(labels).value).toBe(labels.process);
    expect(seLinuxMountOption(labels.file)).toBe('context="u:object_r:container_file_t:s0:c1,c2"');
  });

  test("a policy without levels gets none", () => {
    const plain = { process: "u:r:container_t", file: "u:object_r:container_file_t" };
    expect(seLinuxLabels({}, plain)).toEqual(plain);
    expect(freeLevel(plain, new Set())).toBe("");
  });

  test("each pod has a level of its own", () => {
    const taken = new Set<string>();
    for (let index = 0; index < 2000; index++) {
      const level = freeLevel(contexts, taken);
      const [, low, high] = /^s0:c(\d+),c(\d+)$/.exec(level) ?? [];
      expect(Number(low)).toBeLessThan(Number(high));
      expect(Number(high)).toBeLessThan(1024);
      expect(taken.has(level)).toBe(false);
      taken.add(level);
    }
  });

  test("the host's policy says what containers are called", () => {
    const folder = mkdtempSync(join(tmpdir(), "edgesite-selinux-"));
    const image = "system_u:object_r:container_ro_file_t:s0";
    expect(containerContexts(folder)).toEqual({ ...contexts, image });
    mkdirSync(join(folder, "mls/contexts"), { recursive: true });
    writeFileSync(join(folder, "config"), "SELINUX=enforcing\nSELINUXTYPE=mls\n");
    writeFileSync(
      join(folder, "mls/contexts/lxc_contexts"),
      'process = "a:b:c:s0:c1"\nro_file = "x:y:z:s0"\nfile = "d:e:f:s0"\n',
    );
    expect(containerContexts(folder)).toEqual({
      ...{ process: "a:b:c:s0:c1", file: "d:e:f:s0", image: "x:y:z:s0" },
    });
    rmSync(folder, { recursive: true });
  });
});
