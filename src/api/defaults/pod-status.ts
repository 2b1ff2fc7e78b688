import type { Pod, PodStatus } from "../object.ts";

/** What a node need not repeat, and which of two addresses counts, in place. */
export function preparePodStatus(next: Pod, current: Pod): void {
  next.status ??= {};
  const { status } = next;
  // behind a gate that is off in Kubernetes 1.36 (`DRANodeAllocatableResources`)
  delete status.nodeAllocatableResourceClaimStatuses;
  const before = current.status ?? {};
  if (!status.qosClass && before.qosClass) status.qosClass = before.qosClass;
  keepGenerations(status, before);
  if (status.podIP && status.podIP !== status.podIPs?.[0]?.ip)
    status.podIPs = [{ ip: status.podIP }];
  const [first] = status.podIPs ?? [];
  if (first?.ip) status.podIP = first.ip;
}

function keepGenerations(status: PodStatus, before: PodStatus): void {
  if (!status.observedGeneration && before.observedGeneration) {
    status.observedGeneration = before.observedGeneration;
  }
  const known = [...(before.conditions ?? [])];
  for (const condition of status.conditions ?? []) {
    const index = known.findIndex(({ type }) => type === condition.type);
    const [old] = index < 0 ? [] : known.splice(index, 1);
    if (!condition.observedGeneration && old?.observedGeneration) {
      condition.observedGeneration = old.observedGeneration;
    }
  }
}
