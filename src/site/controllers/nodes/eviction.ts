import { isDeepStrictEqual } from "node:util";
import { type Node, nameOf, objectKey, type Pod } from "#api/object.ts";
import { isTerminal } from "#api/pod.ts";
import { NODES, PODS } from "#api/resources.ts";
import { isTolerated, type Taint, type Toleration, tolerates } from "#api/tolerations.ts";
import { type Controller, createController, type Requeue } from "#client/controller.ts";
import { disrupt } from "#client/disruption.ts";
import { indexByNode, podsOn } from "#client/pods-by-node.ts";
import type { Clock } from "#lib/clock.ts";
import { queueItself } from "../children.ts";
import { type ControllerDeps, equip } from "../deps.ts";

/** Deletes pods from nodes whose NoExecute taints they do not tolerate, or no longer. */
export function createTaintEvictionController(deps: ControllerDeps): Controller {
  const { informers, client, events, queue, clock, log } = equip(deps, "taint-eviction-controller");
  const nodes = informers.informer(NODES);
  const pods = informers.informer(PODS);
  indexByNode(pods);
  const stays = new Stays(clock);
  const queuePods = (node: Node): void => {
    for (const pod of podsOn(pods, nameOf(node))) queue.add(objectKey(pod));
  };
  const removals = [
    pods.addHandler(queueItself(queue)),
    nodes.addHandler({
      added: queuePods,
      updated(next, previous) {
        if (!isDeepStrictEqual(evictingTaints(next), evictingTaints(previous))) queuePods(next);
      },
    }),
  ];

  async function reconcile(key: string): Promise<Requeue | undefined> {
    const pod = pods.get(key);
    const node = nodes.get(pod?.spec?.nodeName ?? "");
    const taints = node ? evictingTaints(node) : [];
    const ends = pod === undefined || pod.metadata?.deletionTimestamp !== undefined;
    if (ends || isTerminal(pod) || taints.length === 0) {
      stays.forget(key);
      return undefined;
    }
    const leftMs = stays.leftMs(key, pod, taints);
    if (leftMs === Number.POSITIVE_INFINITY) return undefined;
    if (leftMs > 0) return { requeueAfterMs: leftMs };
    await evict(pod);
    return undefined;
  }

  async function evict(pod: Pod): Promise<void> {
    const message = `Marking for deletion Pod ${objectKey(pod)}`;
    events.event(pod, { type: "Normal", reason: "TaintManagerEviction", message });
    await disrupt(client, pod, {
      reason: "DeletionByTaintManager",
      message: "Taint manager: deleting due to NoExecute taint",
      now: clock.now(),
    });
  }

  return createController({
    name: "taint-eviction",
    reconcile,
    queue,
    log,
    synced: [nodes.synced, pods.synced],
    removals,
  });
}

function evictingTaints({ spec }: Node): Taint[] {
  return (spec?.taints ?? []).filter(({ effect }) => effect === "NoExecute");
}

interface Stay {
  readonly uid: string | undefined;
  readonly sinceMs: number;
}

/** Since when pods have been on tainted nodes, by the monotonic clock: a clock step evicts nobody. */
class Stays {
  readonly #clock: Clock;
  readonly #stays = new Map<string, Stay>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How much longer the pod tolerates its node: 0 or less not at all, infinite for ever. */
  leftMs(key: string, pod: Pod, taints: readonly Taint[]): number {
    const nowMs = this.#clock.monotonicMs();
    const uid = pod.metadata?.uid;
    let stay = this.#stays.get(key);
    if (stay === undefined || stay.uid !== uid) {
      stay = { uid, sinceMs: nowMs };
      this.#stays.set(key, stay);
    }
    return stay.sinceMs + toleratedMs(pod.spec?.tolerations ?? [], taints) - nowMs;
  }

  forget(key: string): void {
    this.#stays.delete(key);
  }
}

/** How long all taints together are tolerated: the shortest of the times that are given for one. */
function toleratedMs(tolerations: readonly Toleration[], taints: readonly Taint[]): number {
  if (!taints.every((taint) => isTolerated(taint, tolerations))) return Number.NEGATIVE_INFINITY;
  const used = tolerations.filter((one) => taints.some((taint) => tolerates(one, taint)));
  const seconds = used.flatMap(({ tolerationSeconds }) =>
    tolerationSeconds === undefined ? [] : Number(tolerationSeconds),
  );
  return seconds.length === 0 ? Number.POSITIVE_INFINITY : Math.max(0, Math.min(...seconds)) * 1000;
}
