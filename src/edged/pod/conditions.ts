import type { Container, ContainerStatus, Pod, PodCondition, PodStatus } from "#api/object.ts";
import { isRestartable } from "#api/pod.ts";
import { rfc3339 } from "#lib/clock.ts";
import type { Phase } from "./phase.ts";

interface ConditionFacts {
  readonly pod: Pod;
  readonly phase: Phase;
  readonly init: readonly ContainerStatus[];
  readonly main: readonly ContainerStatus[];
  /** The sandbox runs and is on the network. */
  readonly sandboxReady: boolean;
  readonly now: Date;
}

type Judgement = Pick<PodCondition, "status" | "reason" | "message">;

/**
 * The conditions that the node owns, as kubelet writes them, in kubelet's order; all others
 * (PodScheduled, readiness gates, a drain's) are left as they are.
 */
export function podConditions(facts: ConditionFacts): PodCondition[] {
  const ready = containersReady(facts);
  const judged: [string, Judgement][] = [
    ["PodReadyToStartContainers", { status: facts.sandboxReady ? "True" : "False" }],
    ["Initialized", initialized(facts)],
    ["Ready", gated(facts.pod, ready)],
    ["ContainersReady", ready],
  ];
  const before = facts.pod.status?.conditions ?? [];
  const own = judged.map(([type, judgement]) => {
    const known = before.find((condition) => condition.type === type);
    const { generation } = facts.pod.metadata ?? {};
    return {
      type,
      ...judgement,
      ...(generation !== undefined && { observedGeneration: generation }),
      lastTransitionTime:
        known?.status === judgement.status && known.lastTransitionTime
          ? known.lastTransitionTime
          : rfc3339(facts.now),
    };
  });
  const types = new Set(judged.map(([type]) => type));
  return [...own, ...before.filter(({ type }) => !types.has(type))];
}

function initialized({ pod, phase, init }: ConditionFacts): Judgement {
  if (phase === "Succeeded") return { status: "True", reason: "PodCompleted" };
  const incomplete = (pod.spec?.initContainers ?? []).filter((container) => {
    const status = init.find(({ name }) => name === container.name);
    return isRestartable(container) ? status?.started !== true : status?.ready !== true;
  });
  if (incomplete.length === 0) return { status: "True" };
  const message = `containers with incomplete status: [${names(incomplete)}]`;
  return { status: "False", reason: "ContainersNotInitialized", message };
}

function containersReady({ pod, phase, init, main }: ConditionFacts): Judgement {
  if (phase === "Succeeded") return { status: "False", reason: "PodCompleted" };
  if (phase === "Failed") return { status: "False", reason: "PodFailed" };
  const { initContainers = [], containers = [] } = pod.spec ?? {};
  const all = [...initContainers.filter(isRestartable), ...containers];
  const statuses = [...init, ...main];
  const unready = all.filter(
    (container) => !statuses.find(({ name }) => name === container.name)?.ready,
  );
  if (unready.length === 0) return { status: "True" };
  const message = `containers with unready status: [${names(unready)}]`;
  return { status: "False", reason: "ContainersNotReady", message };
}

/** A pod with readiness gates is ready when those conditions are true as well. */
function gated({ spec, status }: Pod, ready: Judgement): Judgement {
  if (ready.status !== "True") return ready;
  const open = (spec?.readinessGates ?? []).filter(({ conditionType }) => {
    const gate = status?.conditions?.find(({ type }) => type === conditionType);
    return gate?.status !== "True";
  });
  if (open.length === 0) return ready;
  const said = open.map(({ conditionType }) => {
    const known = status?.conditions?.some(({ type }) => type === conditionType);
    return known
      ? `the status of pod readiness gate "${conditionType}" is not "True", but False`
      : `corresponding condition of pod readiness gate "${conditionType}" does not exist.`;
  });
  return { status: "False", reason: "ReadinessGatesNotReady", message: said.join(", ") };
}

function names(containers: readonly Container[]): string {
  return containers.map(({ name }) => name).join(" ");
}

/** The conditions that the node owns. */
const OWN: ReadonlySet<string> = new Set([
  "PodReadyToStartContainers",
  "Initialized",
  "Ready",
  "ContainersReady",
]);

/** Conditions that others wrote come with the pod; what we said last is ours. */
export function mergedStatus(incoming: PodStatus | undefined, reported: PodStatus): PodStatus {
  const own = (reported.conditions ?? []).filter(({ type }) => OWN.has(type));
  const foreign = (incoming?.conditions ?? []).filter(({ type }) => !OWN.has(type));
  return { ...reported, conditions: [...own, ...foreign] };
}
