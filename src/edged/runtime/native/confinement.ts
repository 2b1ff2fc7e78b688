import { existsSync } from "node:fs";
import { release } from "node:os";
import { explain } from "#lib/errors.ts";
import type { Logger } from "#lib/log.ts";
import type { Capability } from "#linux/capabilities.ts";
import { compileSeccomp } from "#linux/seccomp/filter.ts";
import type { SeccompProfile } from "#linux/seccomp/profile.ts";
import { defaultSeccompProfile, localSeccompProfile } from "#linux/seccomp/profiles.ts";
import {
  appArmorExecAttribute,
  chooseAppArmorProfile,
  type ExecAttribute,
  loadDefaultAppArmorProfile,
} from "#linux/security/app-armor.ts";
import {
  seLinuxEnabled,
  seLinuxExecAttribute,
  seLinuxLabels,
  seLinuxMountOption,
} from "#linux/security/se-linux.ts";
import { HOST_ARCH } from "#linux/syscalls.ts";
import type { ContainerSecurity, SecurityProfile } from "../types.ts";
import type { HostText } from "./program/host-file.ts";

/** Which profile a container's system calls are held to, and what it may do besides. */
export interface SeccompWish {
  readonly profile: SecurityProfile;
  readonly capabilities: readonly Capability[];
}

/** What the kernel holds containers to beside capabilities: seccomp, AppArmor, SELinux. */
export class Confinement {
  readonly #profiles: string;
  readonly #hasAppArmorProfile: boolean;
  readonly #default: SeccompProfile = defaultSeccompProfile();
  /** Compiled once for each set of capabilities. */
  readonly #filters = new Map<string, Uint8Array>();

  private constructor(profiles: string, hasAppArmorProfile: boolean) {
    this.#profiles = profiles;
    this.#hasAppArmorProfile = hasAppArmorProfile;
  }

  /** @param profiles the directory of the node's own seccomp profiles, kubelet's `seccomp`. */
  static async prepare(profiles: string, log: Logger, signal: AbortSignal): Promise<Confinement> {
    const hasAppArmorProfile = await loadDefaultAppArmorProfile(signal).catch((error: unknown) => {
      log.warn("Containers run without AppArmor", { reason: explain(error) });
      return false;
    });
    return new Confinement(profiles, hasAppArmorProfile);
  }

  /**
   * The filter of a container, in classic BPF; undefined where it has none.
   * @throws {SeccompProfileError} for a profile that is not there, or cannot be used.
   */
  async seccompFilter({ profile, capabilities }: SeccompWish): Promise<Uint8Array | undefined> {
    const context = { architecture: HOST_ARCH, kernel: release() };
    if (profile.type === "unconfined") return undefined;
    if (profile.type === "localhost") {
      const own = await localSeccompProfile(this.#profiles, profile.name);
      return compileSeccomp(own, { ...context, capabilities: new Set(capabilities) });
    }
    const key = capabilities.toSorted().join();
    const filter =
      this.#filters.get(key) ??
      compileSeccomp(this.#default, { ...context, capabilities: new Set(capabilities) });
    this.#filters.set(key, filter);
    return filter;
  }

  /**
   * What a process writes about itself, so that its program runs under its label.
   * @throws {AppArmorError} for a profile that the host does not have.
   */
  label({ appArmor, seLinux = {}, privileged }: ContainerSecurity): HostText | undefined {
    const wish = privileged && appArmor.type === "default" ? UNCONFINED : appArmor;
    const profile = chooseAppArmorProfile(wish, this.#hasAppArmorProfile);
    if (profile !== undefined) return textOf(appArmorExecAttribute(profile));
    if (!seLinuxEnabled() || privileged) return undefined;
    return textOf(seLinuxExecAttribute(seLinuxLabels(seLinux)));
  }

  /** The option of a mount that is all the container's own. */
  mountOption({ seLinux = {}, privileged }: ContainerSecurity): string | undefined {
    if (!seLinuxEnabled() || privileged) return undefined;
    return seLinuxMountOption(seLinuxLabels(seLinux));
  }
}

const UNCONFINED = { type: "unconfined" } as const;

function textOf({ files, value }: ExecAttribute): HostText {
  const path = files.find((file) => existsSync(file));
  if (path === undefined)
    throw new Error(`Cannot set the label ${value}: the kernel has no file for it`);
  return { path, text: value };
}
