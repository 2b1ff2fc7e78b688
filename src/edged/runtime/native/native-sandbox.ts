import { chown, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Cgroup } from "#linux/cgroups/cgroup.ts";
import { mountTmpfs, unmount } from "#linux/mount.ts";
import { PIDS_LIMIT } from "../pids-limit.ts";
import { SANDBOX_PROCESS } from "../sandbox-process.ts";
import type { ContainerSpec, Sandbox, SandboxSpec } from "../types.ts";
import { type NativeSite, podCgroup } from "./native-site.ts";
import { leadProgram } from "./program/lead-program.ts";
import { SHIM_SOCKET, sandboxProgram } from "./program/sandbox-program.ts";
import { splitSysctls } from "./program/sysctls.ts";
import type { SandboxRecord } from "./records.ts";
import type { ContainerState } from "./shim/protocol.ts";
import { runSteps } from "./shim/run-steps.ts";
import { ShimClient, ShimLost } from "./shim/shim-client.ts";
import type { IdRange } from "./users/id-ranges.ts";
import { makePodNamespaces } from "./users/pod-namespaces.ts";

/** As containerd gives a pod: all that its containers have in /dev/shm. */
const SHARED_MEMORY_BYTES = 64 << 20;
const SHARED_MEMORY_MODE = 0o1777;
const SILENT = { stdin: "ignore", stdout: "ignore", stderr: "ignore" } as const;
/** The group of the shim, below that of its pod. */
export const SHIM_GROUP = "shim";

/** Told of what happens in a sandbox. */
export interface SandboxEvents {
  /** A container's first process has ended. */
  onExit(container: ContainerState): void;
  /** The shim has ended, and with it all that ran in the sandbox. */
  onLost(): void;
}

/** One sandbox as it is now: its shim runs and is connected to, or it is lost. */
export class NativeSandbox {
  readonly record: SandboxRecord;
  readonly #site: NativeSite;
  #shim: ShimClient | undefined;
  /** Resolves once the pod has a process namespace that its containers share. */
  #shared: Promise<void> | undefined;

  constructor(site: NativeSite, record: SandboxRecord) {
    this.#site = site;
    this.record = record;
  }

  /** What answers for the pod's processes; undefined once it has ended. */
  get shim(): ShimClient | undefined {
    return this.#shim;
  }

  /** In memory: the shim's socket, and what must not be written to a card. */
  get runDirectory(): string {
    return join(this.#site.runDirectory, this.record.id.slice(0, 16));
  }

  /** What all containers of the pod have in /dev/shm, on the host. */
  get sharedMemory(): string {
    return join(this.runDirectory, "shm");
  }

  /** What all containers of the pod have as /etc/hostname, on the host. */
  get hostnameFile(): string {
    return join(this.runDirectory, "hostname");
  }

  /** The group of all that runs in it. */
  get cgroup(): Cgroup {
    return podCgroup(this.#site, this.record);
  }

  /** The group that a container of this sandbox gets. */
  containerCgroup(id: string): Cgroup {
    return this.cgroup.child(id.slice(0, 16));
  }

  /** Starts the shim, which makes the namespaces of the pod. */
  async start(spec: SandboxSpec, events: SandboxEvents, signal: AbortSignal): Promise<void> {
    await mkdir(this.sharedMemory, { recursive: true, mode: 0o700 });
    mountTmpfs(this.sharedMemory, { sizeBytes: SHARED_MEMORY_BYTES, mode: SHARED_MEMORY_MODE });
    await writeFile(this.hostnameFile, `${this.record.hostname}\n`, { mode: 0o644 });
    if (this.record.users) await this.#giveFiles(this.record.users);
    const cgroup = this.cgroup.child(SHIM_GROUP);
    cgroup.make();
    this.cgroup.limit({ pids: PIDS_LIMIT });
    cgroup.limit({ cpuShares: SANDBOX_PROCESS.cpuShares });
    const { shimProgram: program, lowestOomScore } = this.#site;
    const { joinFiles: cgroupFiles } = cgroup;
    const { users } = this.record;
    const { owned, rest } = splitSysctls(spec.sysctls);
    using namespaces =
      users && (await makePodNamespaces({ program, cgroupFiles, users, sysctls: owned }, signal));
    const { hostname, hostNetwork, hostIPC } = spec;
    const sysctls = users ? rest : spec.sysctls;
    const steps = sandboxProgram({
      ...{ directory: this.runDirectory, cgroupFiles },
      ...{ hostname, hostNetwork, hostIPC, sysctls, made: namespaces !== undefined },
      oomScoreAdj: Math.max(SANDBOX_PROCESS.oomScoreAdj, lowestOomScore),
    });
    const descriptors = namespaces ? [namespaces.descriptor] : [];
    const shim = await runSteps(
      { program, steps, descriptors, ...SILENT, title: "edgesite-shim" },
      signal,
    );
    shim.unref();
    await this.connect(events, signal);
  }

  /**
   * Finds the shim that an earlier process has started, and answers what it has. Where there is none
   * the sandbox is lost, and whatever is left in it is ended.
   */
  async adopt(events: SandboxEvents, signal: AbortSignal): Promise<readonly ContainerState[]> {
    // Where the kernel cannot kill a group as a whole, who kills one freezes it first.
    this.cgroup.thaw();
    try {
      return await this.connect(events, signal);
    } catch (error) {
      unlessLost(error);
      await this.cgroup.kill(signal);
      return [];
    }
  }

  /** The shim, once it is ready for such a container. @throws when the sandbox is lost. */
  async readyFor(
    { sharedProcesses }: Pick<ContainerSpec, "sharedProcesses">,
    signal: AbortSignal,
  ): Promise<ShimClient> {
    const shim = this.#shim;
    if (!shim) throw new Error(`Sandbox ${this.record.id} does not run`);
    if (sharedProcesses && !this.record.hostPID) {
      this.#shared ??= this.#shareProcesses(shim, signal).catch((error: unknown) => {
        this.#shared = undefined;
        throw error;
      });
      await this.#shared;
    }
    return shim;
  }

  /** Finds the shim that runs, whoever started it. @throws {ShimLost} when there is none. */
  async connect(events: SandboxEvents, signal: AbortSignal): Promise<readonly ContainerState[]> {
    const listener = {
      started: () => undefined,
      exited: (container: ContainerState) => events.onExit(container),
      lost: () => {
        this.#shim = undefined;
        events.onLost();
      },
    };
    const shim = await ShimClient.connect(join(this.runDirectory, SHIM_SOCKET), listener, signal);
    this.#shim = shim;
    return shim.containers;
  }

  /** As a runtime tells of it. */
  describe(): Sandbox {
    const { id, attempt, createdAtMs } = this.record;
    return {
      ...{ id, attempt, running: this.#shim !== undefined },
      ...(this.#shim && { pid: this.#shim.pid }),
      createdAt: new Date(createdAtMs),
    };
  }

  /** Ends all that runs in it, and takes away all that it has on this host but its record. */
  async remove(signal: AbortSignal): Promise<void> {
    await this.#shim?.end(signal).catch(unlessLost);
    this.#shim = undefined;
    await this.cgroup.kill(signal);
    this.cgroup.remove();
    unmount(this.sharedMemory);
    await rm(this.runDirectory, { recursive: true, force: true });
  }

  /** What all of its containers have is its root's. */
  async #giveFiles({ first }: IdRange): Promise<void> {
    for (const path of [this.sharedMemory, this.hostnameFile]) await chown(path, first, first);
  }

  async #shareProcesses(shim: ShimClient, signal: AbortSignal): Promise<void> {
    if (shim.containers.some(({ key }) => key === LEAD)) return;
    const wish = { profile: { type: "default" }, capabilities: [] } as const;
    const filter = await this.#site.confinement.seccompFilter(wish);
    const steps = leadProgram({ filter, ownUsers: this.record.users !== undefined });
    await shim.sharePids({ key: LEAD, namespaces: 0, steps, timeoutMs: LEAD_TIMEOUT_MS }, signal);
  }
}

/** Lets pass that a shim has ended meanwhile: with it has all that it was asked to end. */
export function unlessLost(error: unknown): void {
  if (!(error instanceof ShimLost)) throw error;
}

/** What the shim calls the first process of a shared process namespace; containers' keys are random. */
const LEAD = 1n;
const LEAD_TIMEOUT_MS = 10_000;
