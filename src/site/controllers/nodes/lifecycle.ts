import { type Lease, type Node, nameOf, namespaceOf, type Pod } from "#api/object.ts";
import { isReady, isTerminal } from "#api/pod.ts";
import { LEASES, NODES, PODS } from "#api/resources.ts";
import { hasReason } from "#api/status.ts";
import type { Client } from "#client/client.ts";
import { withCondition } from "#client/conditions.ts";
import { type Controller, createController, type Requeue } from "#client/controller.ts";
import type { EventRecorder } from "#client/events.ts";
import { indexByNode, podsOn } from "#client/pods-by-node.ts";
import { type Clock, rfc3339 } from "#lib/clock.ts";
import { type ControllerDeps, equip } from "../deps.ts";
import { isNodeReady, NodeHealth, silentConditions } from "./health.ts";
import { nodeTaints } from "./taints.ts";

const LEASE_NAMESPACE = "kube-node-lease";
/** Kubernetes' `--node-monitor-grace-period`. */
const GRACE_MS = 50_000;
export interface NodeLifecycleOptions {
  /** How long a node may be silent. Default 50 s. */
  readonly nodeGraceMs?: number;
}

/** Notices when nodes fall silent, and keeps their taints as their conditions are. */
export function createNodeLifecycleController(
  deps: ControllerDeps,
  { nodeGraceMs = GRACE_MS }: NodeLifecycleOptions = {},
): Controller {
  const { informers, client, events, queue, clock, log } = equip(deps, "node-controller");
  const nodes = informers.informer(NODES);
  const leases = informers.informer(LEASES);
  const pods = informers.informer(PODS);
  indexByNode(pods);
  const health = new NodeHealth(clock, nodeGraceMs);
  const writer = new NodeWriter({ client, events, clock });

  const renewed = (lease: Lease): void => {
    if (namespaceOf(lease) !== LEASE_NAMESPACE) return;
    health.observe(nameOf(lease), { lease });
  };
  const seen = (node: Node): void => {
    health.observe(nameOf(node), { node });
    queue.add(nameOf(node));
  };
  // Whether anybody is evicted depends on all nodes: when one comes or goes the others look again.
  const seenAll = (): void => {
    for (const node of nodes.list()) queue.add(nameOf(node));
  };
  const removals = [
    leases.addHandler({ added: renewed, updated: renewed }),
    nodes.addHandler({
      added(node) {
        seen(node);
        seenAll();
      },
      updated(next, previous) {
        seen(next);
        if (isNodeReady(next) !== isNodeReady(previous)) seenAll();
      },
      deleted(last) {
        health.forget(nameOf(last));
        seenAll();
      },
    }),
  ];

  async function reconcile(name: string): Promise<Requeue | undefined> {
    const node = nodes.get(name);
    if (node === undefined || node.metadata?.deletionTimestamp !== undefined) return undefined;
    const leftMs = health.leftMs(name);
    const silent = leftMs <= 0;
    const told = silent ? await writer.silence(node) : node;
    const evict = nodes.list().some(isNodeReady);
    await writer.taint(told, evict);
    if (!isNodeReady(told)) await writer.markPodsNotReady(podsOn(pods, name));
    return silent ? undefined : { requeueAfterMs: leftMs };
  }

  return createController({
    name: "node-lifecycle",
    reconcile,
    queue,
    log,
    synced: [nodes.synced, leases.synced, pods.synced],
    removals,
  });
}

interface WriterOptions {
  readonly client: Client;
  readonly events: EventRecorder;
  readonly clock: Clock;
}

class NodeWriter {
  readonly #client: Client;
  readonly #events: EventRecorder;
  readonly #clock: Clock;

  constructor({ client, events, clock }: WriterOptions) {
    this.#client = client;
    this.#events = events;
    this.#clock = clock;
  }

  /** Says of a node what it does not say itself any more. */
  async silence(node: Node): Promise<Node> {
    const conditions = silentConditions(node, this.#clock.now());
    if (conditions === node.status?.conditions) return node;
    const status = { ...node.status, conditions: [...conditions] };
    const told = await this.#client.updateStatus(NODES, { ...node, status });
    const message = `Node ${nameOf(node)} status is now: NodeNotReady`;
    this.#events.event(node, { type: "Normal", reason: "NodeNotReady", message });
    return told;
  }

  async taint(node: Node, evict: boolean): Promise<void> {
    const taints = nodeTaints(node, { evict, now: this.#clock.now() });
    if (taints === node.spec?.taints || (taints.length === 0 && !node.spec?.taints)) return;
    const { resourceVersion } = node.metadata ?? {};
    const body = { metadata: { resourceVersion }, spec: { taints } };
    await this.#client.patch(NODES, { namespace: "", name: nameOf(node) }, { type: "merge", body });
  }

  /** Nobody vouches for pods on a node that is not ready: they get no traffic. */
  async markPodsNotReady(pods: readonly Pod[]): Promise<void> {
    for (const pod of pods) {
      if (isReady(pod) && !isTerminal(pod)) await this.#markPodNotReady(pod);
    }
  }

  async #markPodNotReady(pod: Pod): Promise<void> {
    const conditions = withCondition(pod.status?.conditions ?? [], {
      type: "Ready",
      status: "False",
      lastTransitionTime: rfc3339(this.#clock.now()),
    });
    try {
      await this.#client.updateStatus(PODS, { ...pod, status: { ...pod.status, conditions } });
      const message = "Node is not ready";
      this.#events.event(pod, { type: "Warning", reason: "NodeNotReady", message });
    } catch (error) {
      if (!hasReason(error, "NotFound")) throw error;
    }
  }
}
