import { isDeepStrictEqual } from "node:util";
import { objectKey, type Pod, type ReplicaSet } from "#api/object.ts";
import { isActive } from "#api/pod.ts";
import { PODS, REPLICA_SETS } from "#api/resources.ts";
import { matcherOf } from "#api/selector.ts";
import { type Controller, createController, type Requeue } from "#client/controller.ts";
import { asError } from "#lib/errors.ts";
import { ownerKey, queueItself, queueOwners } from "./children.ts";
import { type ControllerDeps, equip } from "./deps.ts";
import { Expectations } from "./expectations.ts";
import { claim, indexByController } from "./ownership.ts";
import { PodControl } from "./pod-control.ts";
import { availableInMs } from "./pods.ts";
import { observe, ReplicaScaler } from "./replica-scaler.ts";
import { replicaSetStatus } from "./replica-set-status.ts";

/** Keeps as many pods of a template as a ReplicaSet asks for. */
export function createReplicaSetController(deps: ControllerDeps): Controller {
  const { informers, client, events, queue, clock, log } = equip(deps, "replicaset-controller");
  const replicaSets = informers.informer(REPLICA_SETS);
  const pods = informers.informer(PODS);
  const expectations = new Expectations(clock);
  const scaler = new ReplicaScaler(new PodControl({ client, events }), expectations);
  indexByController(pods);

  const owned = { owners: replicaSets, resource: REPLICA_SETS };
  const selectorOf = ({ spec }: ReplicaSet) => matcherOf(spec?.selector);
  const queuePods = queueOwners({ ...owned, matcherOf: selectorOf, queue });
  const removals = [
    pods.addHandler(observe(expectations, (pod) => ownerKey(owned, pod))),
    pods.addHandler(queuePods),
    replicaSets.addHandler(queueItself(queue)),
    replicaSets.addHandler({ deleted: (last) => expectations.forget(objectKey(last)) }),
  ];

  async function reconcile(key: string): Promise<Requeue | undefined> {
    const replicaSet = replicaSets.get(key);
    if (replicaSet === undefined) return undefined;
    const caughtUp = expectations.satisfied(key);
    const matcher = selectorOf(replicaSet);
    const resources = { ownerResource: REPLICA_SETS, childResource: PODS };
    const owned = await claim({ ...resources, client, owner: replicaSet, children: pods, matcher });
    const active = owned.filter(isActive);
    let failure: Error | undefined;
    if (caughtUp && replicaSet.metadata?.deletionTimestamp === undefined) {
      failure = await scaler.scale(replicaSet, active).then(() => undefined, asError);
    }
    const now = clock.now();
    const status = replicaSetStatus({ replicaSet, pods: active, failure, now });
    if (!isDeepStrictEqual(status, replicaSet.status)) {
      await client.updateStatus(REPLICA_SETS, { ...replicaSet, status });
    }
    if (failure !== undefined) throw failure;
    return nextAvailable(replicaSet, active, now);
  }

  return createController({
    name: "replicaset",
    reconcile,
    queue,
    log,
    workers: 5,
    synced: [replicaSets.synced, pods.synced],
    removals,
  });
}

/** When the next ready pod has been so for long enough to count as available. */
function nextAvailable({ spec }: ReplicaSet, pods: readonly Pod[], now: Date): Requeue | undefined {
  const minReadyMs = (spec?.minReadySeconds ?? 0) * 1000;
  const waits = pods
    .map((pod) => availableInMs(pod, { minReadyMs, now }) ?? 0)
    .filter((ms) => ms > 0);
  return waits.length === 0 ? undefined : { requeueAfterMs: Math.min(...waits) };
}
