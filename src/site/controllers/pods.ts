import type { Pod } from "#api/object.ts";
import { DELETION_COST, isReady, podCondition } from "#api/pod.ts";

/** How long until a ready pod has been so for `minReadyMs`; 0 when it has, undefined when it is not ready. */
export function availableInMs(
  pod: Pod,
  { minReadyMs, now }: { readonly minReadyMs: number; readonly now: Date },
): number | undefined {
  const ready = podCondition(pod, "Ready");
  if (ready?.status !== "True") return undefined;
  if (minReadyMs === 0) return 0;
  const sinceMs = Date.parse(ready.lastTransitionTime ?? "");
  // A stamp from the future is a clock that stepped back; the pod is not punished for it twice.
  const elapsedMs = Math.max(0, now.getTime() - sinceMs);
  return Number.isNaN(elapsedMs) ? minReadyMs : Math.max(0, minReadyMs - elapsedMs);
}

const PHASES = new Map([
  ["Pending", 0],
  ["Unknown", 1],
  ["Running", 2],
]);

/**
 * Orders pods by how little they are missed (Kubernetes `ActivePodsWithRanks`): not placed before
 * placed, not ready before ready, cheaper before dearer, crowded nodes first, then the newest.
 */
export function byDispensability(pods: readonly Pod[]): Pod[] {
  const perNode = new Map<string, number>();
  for (const { spec } of pods) {
    const node = spec?.nodeName ?? "";
    perNode.set(node, (perNode.get(node) ?? 0) + 1);
  }
  const rank = (pod: Pod): readonly number[] => [
    pod.spec?.nodeName ? 1 : 0,
    PHASES.get(pod.status?.phase ?? "") ?? 0,
    isReady(pod) ? 1 : 0,
    Number(pod.metadata?.annotations?.[DELETION_COST] ?? 0) || 0,
    -(perNode.get(pod.spec?.nodeName ?? "") ?? 0),
    -timeOf(podCondition(pod, "Ready")?.lastTransitionTime),
    -restartsOf(pod),
    -timeOf(pod.metadata?.creationTimestamp),
  ];
  return pods.toSorted((a, b) => compareRanks(rank(a), rank(b)));
}

function compareRanks(a: readonly number[], b: readonly number[]): number {
  for (const [index, value] of a.entries()) {
    const difference = value - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function timeOf(stamp: string | undefined): number {
  return stamp === undefined ? 0 : Date.parse(stamp);
}

function restartsOf({ status }: Pod): number {
  return Math.max(0, ...(status?.containerStatuses ?? []).map(({ restartCount }) => restartCount));
}
