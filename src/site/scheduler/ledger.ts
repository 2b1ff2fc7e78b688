import type { Pod } from "#api/object.ts";
import { controllerOf } from "#api/ownership.ts";
import { isTerminal } from "#api/pod.ts";
import { type Amounts, minus, plus, requestsOf } from "./requests.ts";

/** A port that a pod takes of its node's own: `TCP 0.0.0.0 80`. */
export interface HostPort {
  readonly protocol: string;
  readonly address: string;
  readonly port: number;
}

interface Entry {
  readonly node: string;
  readonly requests: Amounts;
  readonly hostPorts: readonly HostPort[];
  readonly owner: string | undefined;
}

/** What the pods on one node take of it. */
export interface Account {
  readonly requested: Amounts;
  readonly pods: number;
  readonly hostPorts: readonly HostPort[];
  /** Owner's UID → how many of its pods are here. */
  readonly owners: ReadonlyMap<string, number>;
}

const NOTHING: Account = { requested: new Map(), pods: 0, hostPorts: [], owners: new Map() };

/** The account with one more pod. */
export function joined({ requested, pods, hostPorts, owners }: Account, pod: Pod): Account {
  return {
    requested: plus(requested, requestsOf(pod)),
    pods: pods + 1,
    hostPorts: [...hostPorts, ...hostPortsOf(pod)],
    owners: counted(owners, controllerOf(pod)?.uid, 1),
  };
}

/** What these pods take of a node. */
export function accountOf(pods: readonly Pod[]): Account {
  return pods.reduce(joined, NOTHING);
}

/**
 * What is taken on every node, kept as pods come and go rather than counted for each decision.
 * A pod that was just bound counts at once, whether or not the cache shows it yet.
 */
export class Ledger {
  readonly #entries = new Map<string, Entry>();
  readonly #accounts = new Map<string, Account>();
  /** Pods that were bound just now, by UID. */
  readonly #assumed = new Map<string, Pod>();

  account(node: string): Account {
    return this.#accounts.get(node) ?? NOTHING;
  }

  /** Takes note of a pod as the cache shows it. */
  put(pod: Pod): void {
    const uid = pod.metadata?.uid ?? "";
    const node = pod.spec?.nodeName ?? "";
    if (node === "" && this.#assumed.has(uid)) return;
    this.remove(pod);
    if (node !== "" && !isTerminal(pod)) this.#enter(uid, pod, node);
  }

  /** Counts a pod on the node that it is about to be bound to. */
  assume(pod: Pod, node: string): void {
    const uid = pod.metadata?.uid ?? "";
    this.#enter(uid, pod, node);
    this.#assumed.set(uid, pod);
  }

  /** The pods that a node has by now though the cache does not show them there yet. */
  assumedOn(node: string): Pod[] {
    return [...this.#assumed]
      .filter(([uid]) => this.#entries.get(uid)?.node === node)
      .map(([, pod]) => pod);
  }

  remove({ metadata }: Pod): void {
    const uid = metadata?.uid ?? "";
    this.#assumed.delete(uid);
    const entry = this.#entries.get(uid);
    if (entry === undefined) return;
    this.#entries.delete(uid);
    const { requested, pods, hostPorts, owners } = this.account(entry.node);
    this.#accounts.set(entry.node, {
      requested: minus(requested, entry.requests),
      pods: pods - 1,
      hostPorts: hostPorts.filter((port) => !entry.hostPorts.includes(port)),
      owners: counted(owners, entry.owner, -1),
    });
  }

  #enter(uid: string, pod: Pod, node: string): void {
    const requests = requestsOf(pod);
    const owner = controllerOf(pod)?.uid;
    const entry = { node, requests, hostPorts: hostPortsOf(pod), owner };
    this.#entries.set(uid, entry);
    const { requested, pods, hostPorts, owners } = this.account(node);
    this.#accounts.set(node, {
      requested: plus(requested, requests),
      pods: pods + 1,
      hostPorts: [...hostPorts, ...entry.hostPorts],
      owners: counted(owners, owner, 1),
    });
  }
}

function counted(
  owners: ReadonlyMap<string, number>,
  owner: string | undefined,
  change: number,
): ReadonlyMap<string, number> {
  if (owner === undefined) return owners;
  const next = new Map(owners);
  const count = (next.get(owner) ?? 0) + change;
  if (count > 0) next.set(owner, count);
  else next.delete(owner);
  return next;
}

export function hostPortsOf({ spec }: Pod): HostPort[] {
  const containers = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
  return containers
    .flatMap(({ ports }) => ports ?? [])
    .filter(({ hostPort }) => hostPort !== undefined && hostPort > 0)
    .map(({ hostPort = 0, protocol = "TCP", hostIP }) => ({
      protocol,
      address: hostIP || "0.0.0.0",
      port: hostPort,
    }));
}
