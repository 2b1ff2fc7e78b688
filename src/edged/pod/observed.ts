import type { ContainerStatus, Pod } from "#api/object.ts";
import type { RuntimeContainer, RuntimePod, Sandbox } from "../runtime/types.ts";

/** What the runtime has of one pod now. */
export type Observed = Omit<RuntimePod, "pod">;

/** The sandbox that the pod lives in: the newest, if it runs. */
export function liveSandbox({ sandboxes }: Observed): Sandbox | undefined {
  const [newest] = sandboxes;
  return newest?.running ? newest : undefined;
}

/** The newest container of that name, in whatever sandbox. */
export function newestContainer(observed: Observed, name: string): RuntimeContainer | undefined {
  return observed.containers.find((container) => container.name === name);
}

/** The newest container of that name in the sandbox that runs now. */
export function currentContainer(observed: Observed, name: string): RuntimeContainer | undefined {
  const sandbox = liveSandbox(observed);
  const newest = newestContainer(observed, name);
  return newest?.sandboxId === sandbox?.id ? newest : undefined;
}

/**
 * The attempt that a container started next must carry: what it counts is the restarts. After a power
 * cut the runtime may know of fewer than were reported; those are never used again.
 */
export function nextAttempt(pod: Pod, observed: Observed, name: string): number {
  const newest = newestContainer(observed, name);
  const reported = reportedAttempt(pod, name);
  if (newest === undefined || newest.attempt < reported) return reported + 1;
  return newest.state === "created" ? newest.attempt : newest.attempt + 1;
}

/** Whether the pod's status tells of a container of that name, which may be gone since. */
export function wasReported(pod: Pod, name: string): boolean {
  return reportedStatus(pod, name)?.containerID !== undefined;
}

/** What the pod's status tells of its container of that name. */
export function reportedStatus({ status }: Pod, name: string): ContainerStatus | undefined {
  const all = [
    ...(status?.containerStatuses ?? []),
    ...(status?.initContainerStatuses ?? []),
    ...(status?.ephemeralContainerStatuses ?? []),
  ];
  return all.find((one) => one.name === name);
}

/** The newest attempt that the pod's status tells of; -1 where it tells of no container. */
function reportedAttempt(pod: Pod, name: string): number {
  const reported = reportedStatus(pod, name);
  return reported?.containerID ? Number(reported.restartCount ?? 0) : -1;
}
