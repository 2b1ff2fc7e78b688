import { existsSync } from "node:fs";
import { release } from "node:os";
import { explain } from "#lib/errors.ts";
import type { Logger } from "#lib/log.ts";
import { siteMarks } from "#lib/site-marks.ts";
import type { Capability } from "#linux/capabilities.ts";
import { compileSeccomp } from "#linux/seccomp/filter.ts";
import type { SeccompProfile } from "#linux/seccomp/profile.ts";
import { defaultSeccompProfile, localSeccompProfile } from "#linux/seccomp/profiles.ts";
import {
  appArmorExecAttribute,
  appArmorHost,
  chooseAppArmorProfile,
  type ExecAttribute,
  loadAppArmorProfile,
} from "#linux/security/app-armor.ts";
import { relabel } from "#linux/security/relabel.ts";
import {
  freeLevel,
  type SeLinuxLabels,
  seLinuxExecAttribute,
  seLinuxKeyAttribute,
  seLinuxLabels,
} from "#linux/security/se-linux.ts";
import { type SeLinuxHost, seLinuxHost } from "#linux/security/se-linux-host.ts";
import { HOST_ARCH } from "#linux/syscalls.ts";
import type { ContainerSecurity, Mount, SandboxSpec, SecurityProfile } from "../types.ts";
import type { HostText } from "./program/host-file.ts";
import type { ContainerProcess } from "./program/process.ts";

/** Which profile a container's system calls are held to, and what it may do besides. */
export interface SeccompWish {
  readonly profile: SecurityProfile;
  readonly capabilities: readonly Capability[];
}

export interface ConfinementPlaces {
  readonly siteId: string;
  /** The directory of the node's own seccomp profiles, kubelet's `seccomp`. */
  readonly profiles: string;
  readonly log: Logger;
}

type ProcessLabels = Pick<ContainerProcess, "label" | "keyLabel">;

/** Of a container: what SELinux goes by. */
export interface LabelWish {
  readonly security: ContainerSecurity;
  /** That of its pod, which `podLevel` chose. */
  readonly podLevel: string | undefined;
}

/** What the kernel holds containers to beside capabilities: seccomp, AppArmor, SELinux. */
export class Confinement {
  readonly #profiles: string;
  readonly #appArmorProfile: string | undefined;
  readonly #seLinux: SeLinuxHost;
  readonly #default: SeccompProfile = defaultSeccompProfile();
  /** Compiled once for each set of capabilities. */
  readonly #filters = new Map<string, Uint8Array>();

  private constructor({ profiles, appArmorProfile, seLinux }: Found) {
    this.#profiles = profiles;
    this.#appArmorProfile = appArmorProfile;
    this.#seLinux = seLinux;
  }

  /** Loads the site's own profile of AppArmor where the host can, and says so where it cannot. */
  static async prepare(places: ConfinementPlaces, signal: AbortSignal): Promise<Confinement> {
    const seLinux = seLinuxHost();
    if (seLinux.state === "unusable") {
      places.log.info("Containers run without SELinux labels", { reason: seLinux.reason });
    }
    const appArmorProfile = await siteProfile(places, signal);
    return new Confinement({ profiles: places.profiles, appArmorProfile, seLinux });
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
  processLabels(
    { appArmor, privileged }: ContainerSecurity,
    seLinux: SeLinuxLabels | undefined,
  ): ProcessLabels {
    const wish = privileged ? (appArmor ?? UNCONFINED) : appArmor;
    const profile = chooseAppArmorProfile(wish, this.#appArmorProfile);
    if (profile !== undefined) return { label: textOf(appArmorExecAttribute(profile)) };
    if (!seLinux) return {};
    const keyLabel = textOf(seLinuxKeyAttribute(seLinux));
    return { label: textOf(seLinuxExecAttribute(seLinux)), keyLabel };
  }

  /**
   * The level of SELinux that a new pod's containers have; absent where they are not kept apart: with
   * the host's processes or its memory they could not work (the rule of CRI-O).
   * @param taken those of other pods.
   */
  podLevel(
    { hostPID, hostIPC }: Pick<SandboxSpec, "hostPID" | "hostIPC">,
    taken: ReadonlySet<string>,
  ): string | undefined {
    if (this.#seLinux.state !== "ready" || hostPID || hostIPC) return undefined;
    return freeLevel(this.#seLinux.contexts, taken);
  }

  /**
   * What SELinux calls a container and its files; undefined where it does not: its pod asks for nothing
   * and either the host has no labels for containers or this one is the host's equal.
   */
  seLinuxLabels({ security, podLevel }: LabelWish): SeLinuxLabels | undefined {
    const { seLinux: wish, privileged } = security;
    if (this.#seLinux.state === "off") return undefined;
    if (!wish && (privileged || podLevel === undefined)) return undefined;
    const level = podLevel ? { level: podLevel } : {};
    return seLinuxLabels({ ...level, ...wish }, this.#seLinux.contexts);
  }

  /**
   * Lets SELinux give a container what the node has for it: layers to read, and what is its pod's own.
   * Of a file in an overlay that a process maps the kernel asks for the label of the layer's.
   */
  async labelFiles({ layers, mounts }: ContainerFiles, labels: SeLinuxLabels): Promise<void> {
    if (this.#seLinux.state === "off") return;
    for (const layer of layers) await relabel(layer, this.#seLinux.contexts.image);
    for (const { hostPath, isOwn } of mounts) if (isOwn) await relabel(hostPath, labels.file);
  }
}

/** What a container finds on the host's disks. */
export interface ContainerFiles {
  /** Directories that its image is made of. */
  readonly layers: readonly string[];
  readonly mounts: readonly Mount[];
}

interface Found {
  readonly profiles: string;
  readonly appArmorProfile: string | undefined;
  readonly seLinux: SeLinuxHost;
}

const UNCONFINED = { type: "unconfined" } as const;

/** The name of the site's own profile, once it is loaded. */
async function siteProfile(
  { siteId, log }: ConfinementPlaces,
  signal: AbortSignal,
): Promise<string | undefined> {
  const host = appArmorHost();
  if (host.state === "off") return undefined;
  if (host.state === "unusable") {
    const { reason, advice } = host;
    log.info("Containers run without AppArmor", { reason, advice });
    return undefined;
  }
  const name = siteMarks(siteId).appArmorProfile;
  try {
    await loadAppArmorProfile({ name, parser: host.parser }, signal);
    return name;
  } catch (error) {
    signal.throwIfAborted();
    log.warn("Containers run without AppArmor", { reason: explain(error) });
    return undefined;
  }
}

function textOf({ files, value }: ExecAttribute): HostText {
  const path = files.find((file) => existsSync(file));
  if (path === undefined)
    throw new Error(`Cannot set the label ${value}: the kernel has no file for it`);
  return { path, text: value };
}
