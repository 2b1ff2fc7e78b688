import { describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  appArmorEnabled,
  appArmorExecAttribute,
  appArmorProfile,
  chooseAppArmorProfile,
  DEFAULT_APP_ARMOR_PROFILE,
} from "./app-armor.ts";
import {
  containerContexts,
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
    expect(chooseAppArmorProfile({ type: "unconfined" }, true)).toBeUndefined();
    expect(chooseAppArmorProfile({ type: "default" }, true)).toBe(DEFAULT_APP_ARMOR_PROFILE);
    expect(chooseAppArmorProfile({ type: "default" }, false)).toBeUndefined();
    const reason = appArmorEnabled() ? "is not loaded" : "is not enabled on the host";
    expect(() => chooseAppArmorProfile({ type: "localhost", name: "none-such" }, true)).toThrow(
      reason,
    );
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
    expect(seLinuxMountOption(labels)).toBe('context="u:object_r:container_file_t:s0:c1,c2"');
  });

  test("the host's policy says what containers are called", () => {
    const folder = mkdtempSync(join(tmpdir(), "edgesite-selinux-"));
    expect(containerContexts(folder)).toEqual(contexts);
    mkdirSync(join(folder, "mls/contexts"), { recursive: true });
    writeFileSync(join(folder, "config"), "SELINUX=enforcing\nSELINUXTYPE=mls\n");
    writeFileSync(
      join(folder, "mls/contexts/lxc_contexts"),
      'process = "a:b:c:s0:c1"\nro_file = "x:y:z:s0"\nfile = "d:e:f:s0"\n',
    );
    expect(containerContexts(folder)).toEqual({ process: "a:b:c:s0:c1", file: "d:e:f:s0" });
    rmSync(folder, { recursive: true });
  });
});
