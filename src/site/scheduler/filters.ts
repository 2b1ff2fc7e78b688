import type { Node, Pod } from "#api/object.ts";
import { isTolerated } from "#api/tolerations.ts";
import { type Account, type HostPort, hostPortsOf } from "./ledger.ts";
import { isWanted } from "./node-affinity.ts";
import { amountsOf, requestsOf } from "./requests.ts";

/** A node that a pod may go to, with what is taken of it. */
export interface Candidate {
  readonly node: Node;
  readonly account: Account;
}

/** Why a pod cannot go to a node, in Kubernetes' words; empty when it can. */
type Filter = (pod: Pod, candidate: Candidate) => readonly string[];

const UNSCHEDULABLE = { key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" };

const unschedulable: Filter = ({ spec }, { node }) =>
  node.spec?.unschedulable && !isTolerated(UNSCHEDULABLE, spec?.tolerations)
    ? ["node(s) were unschedulable"]
    : [];

const taints: Filter = ({ spec }, { node }) => {
  const hostile = (node.spec?.taints ?? []).find(
    (taint) => taint.effect !== "PreferNoSchedule" && !isTolerated(taint, spec?.tolerations),
  );
  return hostile ? [`node(s) had untolerated taint {${hostile.key}: ${hostile.value ?? ""}}`] : [];
};

const affinity: Filter = ({ spec }, { node }) =>
  isWanted(spec, node) ? [] : ["node(s) didn't match Pod's node affinity/selector"];

const hostPorts: Filter = (pod, { account }) =>
  hostPortsOf(pod).some((port) => account.hostPorts.some((taken) => collide(port, taken)))
    ? ["node(s) didn't have free ports for the requested pod ports"]
    : [];

const resources: Filter = (pod, { node, account }) => {
  const allocatable = amountsOf(node.status?.allocatable);
  const reasons: string[] = [];
  const places = allocatable.get("pods");
  if (places !== undefined && account.pods + 1 > places) reasons.push("Too many pods");
  for (const [name, amount] of requestsOf(pod)) {
    const free = (allocatable.get(name) ?? 0) - (account.requested.get(name) ?? 0);
    if (amount > 0 && amount > free) reasons.push(`Insufficient ${name}`);
  }
  return reasons;
};

/** The first that refuses speaks; resources name all that lack. */
const FILTERS: readonly Filter[] = [unschedulable, taints, affinity, hostPorts, resources];

/** Why the pod cannot go there; empty when it can. */
export function refusals(pod: Pod, candidate: Candidate): readonly string[] {
  for (const filter of FILTERS) {
    const reasons = filter(pod, candidate);
    if (reasons.length > 0) return reasons;
  }
  return [];
}

function collide(a: HostPort, b: HostPort): boolean {
  const any = "0.0.0.0";
  const sameAddress = a.address === b.address || a.address === any || b.address === any;
  return a.port === b.port && a.protocol === b.protocol && sameAddress;
}

/** `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) were unschedulable.` */
export function unschedulableMessage(refused: readonly (readonly string[])[]): string {
  if (refused.length === 0) return "no nodes available to schedule pods";
  const counts = new Map<string, number>();
  for (const reason of refused.flat()) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const parts = [...counts].map(([reason, count]) => `${count} ${reason}`).sort();
  return `0/${refused.length} nodes are available: ${parts.join(", ")}.`;
}
