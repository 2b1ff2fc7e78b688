import { type Node, nameOf, type Pod } from "#api/object.ts";
import { refusals } from "./filters.ts";
import { accountOf, joined } from "./ledger.ts";

/** A node, and all that counts there: its pods, and those that it is reserved for. */
export interface Place {
  readonly node: Node;
  readonly pods: readonly Pod[];
}

/** What it takes to get a pod onto a node. */
export interface Preemption {
  readonly node: string;
  /** Pods that must go, the most important one first. */
  readonly victims: readonly Pod[];
}

export function priorityOf({ spec }: Pod): number {
  return spec?.priority ?? 0;
}

/**
 * Where a pod that fits nowhere gets room with the least harm, by pods of lower priority that go;
 * undefined where that helps nowhere, or the pod drives nobody away (`preemptionPolicy: Never`).
 */
export function preemptionFor(pod: Pod, places: readonly Place[]): Preemption | undefined {
  if (pod.spec?.preemptionPolicy === "Never") return undefined;
  const found = places.flatMap((place) => {
    const victims = victimsOn(pod, place);
    return victims.length === 0 ? [] : [{ node: nameOf(place.node), victims }];
  });
  return found.toSorted(byHarm)[0];
}

/** True while pods are on their way out of the node that was reserved for a pod. */
export function awaitsVictims(pod: Pod, places: readonly Place[]): boolean {
  const nominated = pod.status?.nominatedNodeName;
  return places
    .filter(({ node }) => nominated !== undefined && nameOf(node) === nominated)
    .flatMap(({ pods }) => pods)
    .some((one) => one.metadata?.deletionTimestamp && priorityOf(one) < priorityOf(pod));
}

/** All of lower priority go at first, and come back as long as the pod has room beside them. */
function victimsOn(pod: Pod, { node, pods }: Place): Pod[] {
  const isLower = (one: Pod): boolean => priorityOf(one) < priorityOf(pod);
  const lower = pods.filter(isLower).toSorted(byImportance);
  if (lower.length === 0) return [];
  let account = accountOf(pods.filter((one) => !isLower(one)));
  if (refusals(pod, { node, account }).length > 0) return [];
  const victims: Pod[] = [];
  for (const one of lower) {
    const together = joined(account, one);
    if (refusals(pod, { node, account: together }).length === 0) account = together;
    else victims.push(one);
  }
  return victims;
}

function byImportance(a: Pod, b: Pod): number {
  return priorityOf(b) - priorityOf(a) || startOf(a) - startOf(b);
}

function startOf({ status }: Pod): number {
  return Date.parse(status?.startTime ?? "") || Number.MAX_SAFE_INTEGER;
}

/**
 * Kubernetes' order: the least important of most important victims, then the least of them in sum, and in number.
 * Disruption budgets are not asked: nobody counts here what they allow.
 */
function byHarm(a: Preemption, b: Preemption): number {
  const highest = ({ victims: [first] }: Preemption): number => (first ? priorityOf(first) : 0);
  const sum = ({ victims }: Preemption): number =>
    victims.reduce((total, victim) => total + priorityOf(victim) + 2 ** 31, 0);
  return highest(a) - highest(b) || sum(a) - sum(b) || a.victims.length - b.victims.length;
}
