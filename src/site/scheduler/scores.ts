import { nameOf, type Pod } from "#api/object.ts";
import { controllerOf } from "#api/ownership.ts";
import { isTolerated } from "#api/tolerations.ts";
import type { Candidate } from "./filters.ts";
import { preference } from "./node-affinity.ts";
import { amountsOf, plus, requestsOf } from "./requests.ts";

/** Kubernetes' weights of these plugins. */
const WEIGHTS = { free: 1, balance: 1, spread: 2, preference: 2, taints: 3 };

/**
 * The best node for a pod: much left of cpu and memory, evenly, few pods of the same owner, what
 * the pod prefers, and no taint that asks to stay away. Of equals the first by name, so that
 * decisions can be foretold.
 */
export function bestOf(pod: Pod, candidates: readonly Candidate[]): Candidate | undefined {
  const preferences = candidates.map(({ node }) => preference(pod.spec, node));
  const highest = Math.max(1, ...preferences);
  const ranked = candidates.map((candidate, index) => ({
    candidate,
    score:
      resourceScore(pod, candidate) +
      WEIGHTS.spread * spread(pod, candidate) +
      WEIGHTS.preference * ((preferences[index] ?? 0) / highest) -
      WEIGHTS.taints * unwelcome(pod, candidate),
  }));
  ranked.sort((a, b) => b.score - a.score || byName(a.candidate, b.candidate));
  return ranked[0]?.candidate;
}

function resourceScore(pod: Pod, { node, account }: Candidate): number {
  const allocatable = amountsOf(node.status?.allocatable);
  const taken = plus(account.requested, requestsOf(pod));
  const free = ["cpu", "memory"].map((name) => {
    const whole = allocatable.get(name) ?? 0;
    return whole === 0 ? 0 : Math.max(0, 1 - (taken.get(name) ?? 0) / whole);
  });
  const [cpu = 0, memory = 0] = free;
  const balance = 1 - Math.abs(cpu - memory) / 2;
  return (WEIGHTS.free * (cpu + memory)) / 2 + WEIGHTS.balance * balance;
}

/** 1 without a sibling on the node, less with each. */
function spread(pod: Pod, { account }: Candidate): number {
  const owner = controllerOf(pod)?.uid;
  return 1 / (1 + (owner === undefined ? 0 : (account.owners.get(owner) ?? 0)));
}

function unwelcome({ spec }: Pod, { node }: Candidate): number {
  const soft = (node.spec?.taints ?? []).filter(({ effect }) => effect === "PreferNoSchedule");
  return soft.filter((taint) => !isTolerated(taint, spec?.tolerations)).length;
}

function byName(a: Candidate, b: Candidate): number {
  return nameOf(a.node) < nameOf(b.node) ? -1 : 1;
}
