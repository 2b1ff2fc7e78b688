import type { Container, ContainerStatus, PodSpec } from "#api/object.ts";
import { isRestartable } from "#api/pod.ts";

export type Phase = "Pending" | "Running" | "Succeeded" | "Failed";

interface Statuses {
  readonly init: readonly ContainerStatus[];
  readonly main: readonly ContainerStatus[];
  /** The pod's containers have ended and will not run again. */
  readonly terminal: boolean;
}

/** The phase of a pod from its containers' states, kubelet's `getPhase`. */
export function phaseOf(spec: PodSpec, { init, main, terminal }: Statuses): Phase {
  const { restartPolicy = "Always", initContainers = [] } = spec;
  const initStates = initContainers.map((container) => initState(container, init));
  if (initStates.includes("failed") && restartPolicy === "Never") return "Failed";
  const states = spec.containers.map(({ name }) => mainState(byName(main, name)));
  const ended = states.every((state) => state === "succeeded" || state === "failed");
  // Init containers of a pod that ended before they were done leave it failed, not pending.
  if (terminal && !ended && states.includes("waiting")) return "Failed";
  if (initStates.includes("pending")) return terminal ? "Failed" : "Pending";
  if (states.includes("waiting")) return "Pending";
  if (!ended) return "Running";
  const succeeded = states.every((state) => state === "succeeded");
  if (terminal) return succeeded ? "Succeeded" : "Failed";
  if (restartPolicy === "Always") return "Running";
  if (succeeded) return "Succeeded";
  return restartPolicy === "Never" ? "Failed" : "Running";
}

type InitState = "pending" | "failed" | "done";

function initState(container: Container, statuses: readonly ContainerStatus[]): InitState {
  const status = byName(statuses, container.name);
  if (isRestartable(container)) {
    const hasRun = status?.started || status?.state?.terminated || status?.lastState?.terminated;
    return hasRun ? "done" : "pending";
  }
  const ended = status?.state?.terminated ?? status?.lastState?.terminated;
  if (!ended || status?.state?.running) return "pending";
  return ended.exitCode === 0 ? "done" : "failed";
}

type MainState = "running" | "waiting" | "succeeded" | "failed";

function mainState(status: ContainerStatus | undefined): MainState {
  if (status?.state?.running) return "running";
  const ended = status?.state?.terminated ?? status?.lastState?.terminated;
  if (!ended) return "waiting";
  return ended.exitCode === 0 ? "succeeded" : "failed";
}

function byName(statuses: readonly ContainerStatus[], name: string): ContainerStatus | undefined {
  return statuses.find((status) => status.name === name);
}
