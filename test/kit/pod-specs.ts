import type { Runtime } from "#edged/runtime/runtime.ts";
import type { ContainerSpec, PodRef, SandboxSpec } from "#edged/runtime/types.ts";

/** A pod that nothing else has. */
export function newPod(): PodRef {
  const uid = crypto.randomUUID();
  return { namespace: "ns", name: `p${uid.slice(0, 8)}`, uid };
}

/** A sandbox with namespaces of its own. */
export function sandboxSpec(pod: PodRef, changes: Partial<SandboxSpec> = {}): SandboxSpec {
  return {
    pod,
    attempt: 0,
    hostname: pod.name,
    ...{ hostNetwork: false, hostPID: false, hostIPC: false, hostUsers: true },
    sysctls: {},
    labels: { app: "contract" },
    ...changes,
  };
}

/** An image of a runtime, and what to run of it. */
export interface ContainerWish {
  readonly image: string;
  readonly command: readonly string[];
  readonly changes?: Partial<ContainerSpec> | undefined;
}

/** A container without privilege. */
export async function containerSpec(
  runtime: Runtime,
  { image, command, changes }: ContainerWish,
  signal: AbortSignal,
): Promise<ContainerSpec> {
  return {
    ...PLAIN_CONTAINER,
    imageId: (await runtime.image(image, signal))?.id ?? "",
    image,
    command,
    env: { GREETING: "hello" },
    resources: { cpuRequestMillis: 10, memoryLimitBytes: 64 << 20, oomScoreAdj: 500 },
    ...changes,
  };
}

/** What a container has whose pod asks for nothing. */
export const UNPRIVILEGED: ContainerSpec["security"] = {
  supplementalGroups: [],
  privileged: false,
  readOnlyRootFilesystem: false,
  allowPrivilegeEscalation: true,
  addCapabilities: [],
  dropCapabilities: [],
  seccomp: { type: "default" },
  unmaskedProc: false,
};

/** A container whose pod asks for nothing but its image. */
export const PLAIN_CONTAINER: ContainerSpec = {
  ...{ name: "main", attempt: 0, imageId: "sha256:1", image: "web:1", env: {}, mounts: [] },
  ...{ tty: false, stdin: false, stdinOnce: false, sharedProcesses: false },
  resources: { cpuRequestMillis: 0, oomScoreAdj: 0 },
  security: UNPRIVILEGED,
};
