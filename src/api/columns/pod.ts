import { age } from "../duration-text.ts";
import type { ContainerStatus, Pod } from "../object.ts";
import { isReady, isRestartable, isTerminal, podCondition } from "../pod.ts";
import type { Column, RowCondition } from "../resource.ts";
import { AGE, text, wide } from "./column.ts";

const NODE_UNREACHABLE = "NodeLost";

interface Summary {
  readonly ready: string;
  readonly status: string;
  readonly restarts: string;
}

/** Counts restarts and remembers the last one, over containers that are counted. */
class Restarts {
  #count = 0;
  #lastMs = 0;

  add({ restartCount, lastState }: ContainerStatus): void {
    this.#count += restartCount ?? 0;
    const finishedMs = Date.parse(lastState?.terminated?.finishedAt ?? "");
    if (finishedMs > this.#lastMs) this.#lastMs = finishedMs;
  }

  text(now: Date): string {
    if (this.#count === 0 || this.#lastMs === 0) return String(this.#count);
    return `${this.#count} (${age(new Date(this.#lastMs).toISOString(), now)} ago)`;
  }
}

interface Terminated {
  readonly exitCode?: number;
  readonly reason?: string;
  readonly signal?: number;
}

/** Why a container ended: its reason, else its signal, else its exit code. */
function endOf({ reason, signal, exitCode }: Terminated): string {
  if (reason) return reason;
  return signal ? `Signal:${signal}` : `ExitCode:${exitCode ?? 0}`;
}

const isRunningReady = ({ ready, state }: ContainerStatus) =>
  ready === true && state?.running !== undefined;

/** What the init containers say: `reason` unless all are done, and the sidecars that are ready. */
function initSummary(pod: Pod, restarts: { init: Restarts; sidecar: Restarts }) {
  const { initContainers = [] } = pod.spec ?? {};
  const sidecars = new Set(initContainers.filter(isRestartable).map(({ name }) => name));
  let readySidecars = 0;
  let reason: string | undefined;
  for (const [index, status] of (pod.status?.initContainerStatuses ?? []).entries()) {
    const isSidecar = sidecars.has(status.name);
    restarts.init.add(status);
    if (isSidecar) restarts.sidecar.add(status);
    if (status.state?.terminated?.exitCode === 0) continue;
    if (isSidecar && status.started) {
      if (status.ready) readySidecars += 1;
      continue;
    }
    reason = initReason(status, { index, total: initContainers.length });
    break;
  }
  return { reason, readySidecars, sidecars: sidecars.size };
}

function initReason(
  { state }: ContainerStatus,
  { index, total }: { index: number; total: number },
): string {
  if (state?.terminated) return `Init:${endOf(state.terminated)}`;
  const waiting = state?.waiting?.reason;
  if (waiting && waiting !== "PodInitializing") return `Init:${waiting}`;
  return `Init:${index}/${total}`;
}

/**
 * What the containers say, the first one last: reasons of earlier containers win. `failure` is the
 * reason of the first that failed.
 */
function containerSummary(statuses: readonly ContainerStatus[], restarts: Restarts) {
  let reason: string | undefined;
  let failure: string | undefined;
  let ready = 0;
  let running = false;
  for (const status of statuses.toReversed()) {
    restarts.add(status);
    const { waiting, terminated } = status.state ?? {};
    if (waiting?.reason) reason = waiting.reason;
    else if (terminated) {
      reason = endOf(terminated);
      if (terminated.exitCode) failure = reason;
    } else if (isRunningReady(status)) {
      running = true;
      ready += 1;
    }
  }
  return { reason, failure, ready, running };
}

/** `Initialized` is what the kubelet says; statuses may lag behind it. */
const isInitialized = (pod: Pod) => podCondition(pod, "Initialized")?.status === "True";

function summarize(pod: Pod, now: Date): Summary {
  const restarts = { init: new Restarts(), sidecar: new Restarts() };
  const init = initSummary(pod, restarts);
  const total = (pod.spec?.containers.length ?? 0) + init.sidecars;
  const before = init.reason ?? reasonOfPod(pod);
  if (init.reason !== undefined && !isInitialized(pod)) {
    return {
      ready: `${init.readySidecars}/${total}`,
      status: reasonOfDeletion(pod) ?? before,
      restarts: restarts.init.text(now),
    };
  }
  const statuses = pod.status?.containerStatuses ?? [];
  const containers = containerSummary(statuses, restarts.sidecar);
  const reason = containers.reason ?? before;
  return {
    ready: `${init.readySidecars + containers.ready}/${total}`,
    status:
      reasonOfDeletion(pod) ?? (reason === "Completed" ? reasonOfRest(pod, containers) : reason),
    restarts: restarts.sidecar.text(now),
  };
}

/** What a pod is of which one container is done: others may still run or have failed. */
function reasonOfRest(
  pod: Pod,
  { running, failure }: { running: boolean; failure: string | undefined },
): string {
  if (running && isReady(pod)) return "Running";
  return failure ?? (running ? "NotReady" : "Completed");
}

function reasonOfPod(pod: Pod): string {
  if (podCondition(pod, "PodScheduled")?.reason === "SchedulingGated") return "SchedulingGated";
  return pod.status?.reason || pod.status?.phase || "";
}

function reasonOfDeletion(pod: Pod): string | undefined {
  if (pod.metadata?.deletionTimestamp === undefined) return undefined;
  if (pod.status?.reason === NODE_UNREACHABLE) return "Unknown";
  return isTerminal(pod) ? undefined : "Terminating";
}

function readinessGates({ spec, status }: Pod): string {
  const gates = spec?.readinessGates ?? [];
  if (gates.length === 0) return "<none>";
  const met = gates.filter(({ conditionType }) =>
    status?.conditions?.some(({ type, status: is }) => type === conditionType && is === "True"),
  );
  return `${met.length}/${gates.length}`;
}

const none = (value: string | undefined) => value || "<none>";

/** The columns of `kubectl get pods`. */
export const POD_COLUMNS: readonly Column<Pod>[] = [
  text(
    {
      name: "Ready",
      description: "The aggregate readiness state of this pod for accepting traffic.",
    },
    (pod, now) => summarize(pod, now).ready,
  ),
  text(
    { name: "Status", description: "The aggregate status of the containers in this pod." },
    (pod, now) => summarize(pod, now).status,
  ),
  text(
    {
      name: "Restarts",
      description:
        "The number of times the containers in this pod have been restarted and when the last container in this pod has restarted.",
    },
    (pod, now) => summarize(pod, now).restarts,
  ),
  AGE,
  wide(
    text(
      {
        name: "IP",
        description:
          "podIP address allocated to the pod. Routable at least within the cluster. Empty if not yet allocated.",
      },
      ({ status }) => none(status?.podIPs?.[0]?.ip ?? status?.podIP),
    ),
  ),
  wide(
    text(
      {
        name: "Node",
        description:
          "NodeName indicates in which node this pod is scheduled. If empty, this pod is a candidate for scheduling by the scheduler defined in schedulerName. Once this field is set, the kubelet for this node becomes responsible for the lifecycle of this pod. This field should not be used to express a desire for the pod to be scheduled on a specific node. https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#nodename",
      },
      ({ spec }) => none(spec?.nodeName),
    ),
  ),
  wide(
    text(
      {
        name: "Nominated Node",
        description:
          "nominatedNodeName is set only when this pod preempts other pods on the node, but it cannot be scheduled right away as preemption victims receive their graceful termination periods. This field does not guarantee that the pod will be scheduled on this node. Scheduler may decide to place the pod elsewhere if other nodes become available sooner. Scheduler may also decide to give the resources on this node to a higher priority pod that is created after preemption. As a result, this field may be different than PodSpec.nodeName when the pod is scheduled.",
      },
      ({ status }) => none(status?.nominatedNodeName),
    ),
  ),
  wide(
    text(
      {
        name: "Readiness Gates",
        description:
          'If specified, all readiness gates will be evaluated for pod readiness. A pod is ready when all its containers are ready AND all conditions specified in the readiness gates have status equal to "True" More info: https://git.k8s.io/enhancements/keps/sig-network/580-pod-readiness-gates',
      },
      readinessGates,
    ),
  ),
];

/** Finished pods are marked, so that clients can leave them out. */
export function podRowConditions({ status }: Pod): readonly RowCondition[] {
  const texts: Readonly<Record<string, string>> = {
    Succeeded: "The pod has completed successfully.",
    Failed: "The pod failed.",
  };
  const reason = status?.phase ?? "";
  const message = texts[reason];
  return message === undefined ? [] : [{ type: "Completed", status: "True", reason, message }];
}
