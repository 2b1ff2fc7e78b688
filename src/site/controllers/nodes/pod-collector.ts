import { nameOf, objectKey, type Pod } from "#api/object.ts";
import { NODES, PODS } from "#api/resources.ts";
import { unlessNotFound } from "#api/status.ts";
import { type Controller, createController, type Requeue } from "#client/controller.ts";
import { disrupt } from "#client/disruption.ts";
import { indexByNode, podsOn } from "#client/pods-by-node.ts";
import { type ControllerDeps, equip } from "../deps.ts";

/** How long a node must be gone before it is believed (Kubernetes' quarantine of PodGC). */
const QUARANTINE_MS = 40_000;

/**
 * Takes pods away that are to go and whose node is not there to say that they have gone. Unlike
 * Kubernetes' PodGC it leaves those that nobody deleted: they go on where a node was removed by mistake.
 */
export function createPodCollector(deps: ControllerDeps): Controller {
  const { informers, client, queue, clock, log } = equip(deps, "pod-garbage-collector");
  const pods = informers.informer(PODS);
  const nodes = informers.informer(NODES);
  /** Node → since when it is missed, by the monotonic clock. */
  const missed = new Map<string, number>();
  indexByNode(pods);
  const seen = (pod: Pod): void => {
    if (pod.metadata?.deletionTimestamp !== undefined) queue.add(objectKey(pod));
  };
  const removals = [
    pods.addHandler({
      added: seen,
      updated: seen,
      deleted({ spec }) {
        const node = spec?.nodeName ?? "";
        if (podsOn(pods, node).length === 0) missed.delete(node);
      },
    }),
    nodes.addHandler({
      added: (node) => void missed.delete(nameOf(node)),
      deleted: (node) => podsOn(pods, nameOf(node)).forEach(seen),
    }),
  ];

  async function reconcile(key: string): Promise<Requeue | undefined> {
    const pod = pods.get(key);
    const node = pod?.spec?.nodeName ?? "";
    if (pod?.metadata?.deletionTimestamp === undefined || node === "") return undefined;
    if (nodes.get(node) !== undefined) return undefined;
    const nowMs = clock.monotonicMs();
    const sinceMs = missed.get(node) ?? nowMs;
    missed.set(node, sinceMs);
    const leftMs = sinceMs + QUARANTINE_MS - nowMs;
    if (leftMs > 0) return { requeueAfterMs: leftMs };
    if (await isThere(node)) return undefined;
    const message = "PodGC: node no longer exists";
    const disruption = { reason: "DeletionByPodGC", message, now: clock.now() };
    await disrupt(client, pod, { ...disruption, isLost: true });
    return undefined;
  }

  /** Asks the API itself: a cache may lag. */
  async function isThere(name: string): Promise<boolean> {
    return (await client.get(NODES, { namespace: "", name }).catch(unlessNotFound)) !== undefined;
  }

  return createController({
    name: "pod-collector",
    reconcile,
    queue,
    log,
    synced: [pods.synced, nodes.synced],
    removals,
  });
}
