import type { Node } from "#api/object.ts";
import type { Taint } from "#api/tolerations.ts";
import { rfc3339 } from "#lib/clock.ts";
import { conditionOf } from "./health.ts";

const NOT_READY = "node.kubernetes.io/not-ready";
const UNREACHABLE = "node.kubernetes.io/unreachable";
const UNSCHEDULABLE = "node.kubernetes.io/unschedulable";

/** Condition → the taint that keeps new pods away while it is True. */
const PRESSURES = new Map([
  ["MemoryPressure", "node.kubernetes.io/memory-pressure"],
  ["DiskPressure", "node.kubernetes.io/disk-pressure"],
  ["PIDPressure", "node.kubernetes.io/pid-pressure"],
  ["NetworkUnavailable", "node.kubernetes.io/network-unavailable"],
]);

const OURS = new Set([NOT_READY, UNREACHABLE, UNSCHEDULABLE, ...PRESSURES.values()]);

interface TaintView {
  /** False while no node at all is ready: evicted pods would have nowhere to go. */
  readonly evict: boolean;
  readonly now: Date;
}

/**
 * The taints that a node should have by its conditions, with those of others untouched and the
 * present ones where they stand, stamps included; the same list where nothing changes.
 */
export function nodeTaints(node: Node, { evict, now }: TaintView): readonly Taint[] {
  const present = node.spec?.taints ?? [];
  const wanted = wantedTaints(node, evict);
  const kept = present.filter(
    (taint) => !OURS.has(taint.key) || wanted.some((one) => same(one, taint)),
  );
  const missing = wanted.filter((one) => !present.some((taint) => same(one, taint)));
  if (missing.length === 0 && kept.length === present.length) return present;
  const timeAdded = rfc3339(now);
  return [
    ...kept,
    ...missing.map((taint) => (taint.effect === "NoExecute" ? { ...taint, timeAdded } : taint)),
  ];
}

function wantedTaints(node: Node, evict: boolean): Taint[] {
  const wanted: Taint[] = [];
  const ready = conditionOf(node, "Ready")?.status;
  if (ready !== "True") {
    const key = ready === "Unknown" ? UNREACHABLE : NOT_READY;
    wanted.push({ key, effect: "NoSchedule" });
    if (evict && ready !== undefined) wanted.push({ key, effect: "NoExecute" });
  }
  for (const [condition, key] of PRESSURES) {
    if (conditionOf(node, condition)?.status === "True") wanted.push({ key, effect: "NoSchedule" });
  }
  if (node.spec?.unschedulable) wanted.push({ key: UNSCHEDULABLE, effect: "NoSchedule" });
  return wanted;
}

function same(a: Taint, b: Taint): boolean {
  return a.key === b.key && a.effect === b.effect;
}
