import type { ContainerCreateOptions, HostConfig, MountSettings } from "dockerode";
import { present } from "#lib/present.ts";
import { limitsOf } from "#linux/cgroups/limits.ts";
import { PIDS_LIMIT } from "../pids-limit.ts";
import { SANDBOX_PROCESS } from "../sandbox-process.ts";
import type { ContainerSpec, Mount, SandboxSpec } from "../types.ts";
import { type ContainerHome, containerLabels, containerName, sandboxLabels } from "./labels.ts";

/** kubelet's defaults: `containerLogMaxSize` 10Mi, `containerLogMaxFiles` 5. */
const LOG_ROTATION = { "max-size": "10m", "max-file": "5" };

/** What all containers of an engine have in common. */
export interface EngineFacts {
  readonly cgroupParent: string;
  readonly lowestOomScore: number;
}

export interface SandboxSurroundings extends EngineFacts {
  readonly siteId: string;
  readonly pauseImage: string;
}

export interface ContainerSurroundings extends ContainerHome, EngineFacts {
  /** The sandbox's own modes: what it took from the host, its containers take too. */
  readonly hostNetwork: boolean;
  readonly hostPID: boolean;
  readonly hostIPC: boolean;
}

/** What Docker is asked for to make a sandbox. */
export function sandboxOptions(
  spec: SandboxSpec,
  { siteId, cgroupParent, pauseImage, lowestOomScore }: SandboxSurroundings,
): ContainerCreateOptions {
  return {
    name: containerName("POD", spec.pod, spec.attempt),
    Image: pauseImage,
    ...(!spec.hostNetwork && { Hostname: spec.hostname }),
    Labels: sandboxLabels(siteId, spec),
    HostConfig: {
      NetworkMode: spec.hostNetwork ? "host" : "none",
      IpcMode: spec.hostIPC ? "host" : "shareable",
      ...(spec.hostPID && { PidMode: "host" }),
      ...(spec.hostNetwork && { UTSMode: "host" }),
      ...(Object.keys(spec.sysctls).length > 0 && { Sysctls: { ...spec.sysctls } }),
      CgroupParent: cgroupParent,
      CapDrop: ["ALL"],
      ReadonlyRootfs: true,
      SecurityOpt: ["no-new-privileges"],
      OomScoreAdj: Math.max(SANDBOX_PROCESS.oomScoreAdj, lowestOomScore),
      CpuShares: SANDBOX_PROCESS.cpuShares,
      LogConfig: { Type: "none", Config: {} },
      RestartPolicy: { Name: "no" },
    },
  };
}

/** What Docker is asked for to make a container in a sandbox. */
export function containerOptions(
  spec: ContainerSpec,
  around: ContainerSurroundings,
): ContainerCreateOptions {
  return {
    name: containerName(spec.name, around.pod, spec.attempt),
    Image: spec.imageId,
    Labels: containerLabels(around, spec),
    Env: Object.entries(spec.env).map(([name, value]) => `${name}=${value}`),
    ...(spec.command && { Entrypoint: [...spec.command] }),
    // A command of the pod replaces the image's arguments too.
    ...(spec.args ? { Cmd: [...spec.args] } : spec.command && { Cmd: [] }),
    ...(spec.workingDir !== undefined && { WorkingDir: spec.workingDir }),
    ...(spec.security.user !== undefined && { User: spec.security.user }),
    Tty: spec.tty,
    OpenStdin: spec.stdin,
    StdinOnce: spec.stdinOnce,
    Healthcheck: { Test: ["NONE"] },
    HostConfig: {
      ...namespaces(spec, around),
      ...resources(spec, around.lowestOomScore),
      ...security(spec),
      Mounts: spec.mounts.map(bindMount),
      CgroupParent: around.cgroupParent,
      LogConfig: { Type: "json-file", Config: LOG_ROTATION },
      RestartPolicy: { Name: "no" },
    },
  };
}

function namespaces(spec: ContainerSpec, around: ContainerSurroundings): HostConfig {
  const ofSandbox = `container:${around.sandboxId}`;
  const processes = spec.sharedProcesses ? around.sandboxId : spec.processesOf;
  return {
    NetworkMode: ofSandbox,
    IpcMode: around.hostIPC ? "host" : ofSandbox,
    ...(around.hostPID && { PidMode: "host" }),
    ...(!around.hostPID && processes !== undefined && { PidMode: `container:${processes}` }),
    ...(around.hostNetwork && { UTSMode: "host" }),
  };
}

function resources({ resources: wanted }: ContainerSpec, lowestOomScore: number): HostConfig {
  const { cpuShares, cpuPeriodMicroseconds, cpuQuotaMicroseconds, memoryBytes } = limitsOf(wanted);
  return present({
    CpuShares: cpuShares,
    CpuPeriod: cpuPeriodMicroseconds,
    CpuQuota: cpuQuotaMicroseconds,
    // The same for memory and swap together: a container never swaps.
    Memory: memoryBytes,
    MemorySwap: memoryBytes,
    PidsLimit: PIDS_LIMIT,
    OomScoreAdj: Math.max(wanted.oomScoreAdj, lowestOomScore),
  });
}

function security({ security: wanted }: ContainerSpec): HostConfig {
  const options: string[] = [];
  const { seccomp, appArmor, seLinux = {} } = wanted;
  if (seccomp.type === "localhost") {
    throw new Error("localhost seccomp profiles are not supported by the Docker runtime");
  }
  if (seccomp.type === "unconfined" && !wanted.privileged) options.push("seccomp=unconfined");
  if (appArmor?.type === "unconfined") options.push("apparmor=unconfined");
  if (appArmor?.type === "localhost") options.push(`apparmor=${appArmor.name}`);
  for (const [part, value] of Object.entries(seLinux)) options.push(`label=${part}:${value}`);
  if (!wanted.allowPrivilegeEscalation) options.push("no-new-privileges");
  return {
    Privileged: wanted.privileged,
    ReadonlyRootfs: wanted.readOnlyRootFilesystem,
    CapAdd: [...wanted.addCapabilities],
    CapDrop: [...wanted.dropCapabilities],
    GroupAdd: wanted.supplementalGroups.map(String),
    SecurityOpt: options,
    ...(wanted.unmaskedProc && { MaskedPaths: [], ReadonlyPaths: [] }),
  };
}

function bindMount({ hostPath, containerPath, readOnly, propagation }: Mount): MountSettings {
  return {
    Type: "bind",
    Source: hostPath,
    Target: containerPath,
    ReadOnly: readOnly,
    BindOptions: { Propagation: propagation === "private" ? "rprivate" : propagation },
  };
}
