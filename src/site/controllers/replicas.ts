import { isDeepStrictEqual } from "node:util";
import { objectKey, type Pod, type ReplicaSet, type ReplicationController } from "#api/object.ts";
import { isActive } from "#api/pod.ts";
import type { Resource } from "#api/resource.ts";
import { PODS, REPLICA_SETS, REPLICATION_CONTROLLERS } from "#api/resources.ts";
import { type LabelMatcher, matcherOf } from "#api/selector.ts";
import { type Controller, createController, type Requeue } from "#client/controller.ts";
import { asError } from "#lib/errors.ts";
import { ownerKey, queueItself, queueOwners } from "./children.ts";
import { type ControllerDeps, equip } from "./deps.ts";
import { OwnedPods } from "./owned-pods.ts";
import { claim, indexByController } from "./ownership.ts";
import { PodControl } from "./pod-control.ts";
import { availableInMs, byDispensability } from "./pods.ts";
import { type Replicated, replicaStatus } from "./replica-status.ts";

/** Pods that one pass creates or deletes at most (Kubernetes `BurstReplicas`). */
const BURST = 500;

/** A kind that keeps replicas, and what sets it apart from the others. */
interface ReplicatedKind<O extends Replicated> {
  readonly resource: Resource<O>;
  readonly name: string;
  /** Kubernetes' name for who looks after the kind. */
  readonly user: string;
  selectorOf(owner: O): LabelMatcher;
}

/** Keeps as many pods of a template as a ReplicaSet asks for. */
export function createReplicaSetController(deps: ControllerDeps): Controller {
  return createReplicasController<ReplicaSet>(deps, {
    resource: REPLICA_SETS,
    name: "replicaset",
    user: "replicaset-controller",
    selectorOf: ({ spec }) => matcherOf(spec?.selector),
  });
}

/** The same for ReplicationControllers, which came before ReplicaSets and select by labels alone. */
export function createReplicationController(deps: ControllerDeps): Controller {
  return createReplicasController<ReplicationController>(deps, {
    resource: REPLICATION_CONTROLLERS,
    name: "replicationcontroller",
    user: "replication-controller",
    selectorOf: ({ spec }) => matcherOf(spec?.selector && { matchLabels: spec.selector }),
  });
}

function createReplicasController<O extends Replicated>(
  deps: ControllerDeps,
  { resource, name, user, selectorOf }: ReplicatedKind<O>,
): Controller {
  const { informers, client, events, queue, clock, log } = equip(deps, user);
  const owners = informers.informer(resource);
  const pods = informers.informer(PODS);
  const control = new PodControl({ client, events });
  const replicas = new OwnedPods({ resource, control, clock });
  indexByController(pods);

  const removals = [
    pods.addHandler(replicas.observer((pod) => ownerKey({ owners, resource }, pod))),
    pods.addHandler(queueOwners({ owners, resource, matcherOf: selectorOf, queue })),
    owners.addHandler(queueItself(queue)),
    owners.addHandler({ deleted: (last) => replicas.forget(objectKey(last)) }),
  ];

  async function reconcile(key: string): Promise<Requeue | undefined> {
    const owner = owners.get(key);
    if (owner === undefined) return undefined;
    const caughtUp = replicas.isShown(key);
    const matcher = selectorOf(owner);
    const resources = { ownerResource: resource, childResource: PODS };
    const owned = await claim({ ...resources, client, owner, children: pods, matcher });
    const active = owned.filter(isActive);
    let failure: Error | undefined;
    if (caughtUp && owner.metadata?.deletionTimestamp === undefined) {
      failure = await scale(replicas, owner, active).then(() => undefined, asError);
    }
    const now = clock.now();
    const status = replicaStatus({ owner, pods: active, failure, now });
    if (!isDeepStrictEqual(status, owner.status)) {
      await client.updateStatus(resource, { ...owner, status });
    }
    if (failure !== undefined) throw failure;
    return nextAvailable(owner, active, now);
  }

  return createController({
    name,
    reconcile,
    queue,
    log,
    workers: 5,
    synced: [owners.synced, pods.synced],
    removals,
  });
}

/** @throws the first failure; the rest is tried again by the next pass. */
async function scale<O extends Replicated>(
  replicas: OwnedPods<O>,
  owner: O,
  active: readonly Pod[],
): Promise<void> {
  const { replicas: wanted = 0, template = {} } = owner.spec ?? {};
  const missing = wanted - active.length;
  if (missing > 0) {
    const pod = { template };
    await replicas.create(
      owner,
      Array.from({ length: Math.min(missing, BURST) }, () => pod),
    );
  } else if (missing < 0) {
    await replicas.delete(owner, byDispensability(active).slice(0, Math.min(-missing, BURST)));
  }
}

/** When the next ready pod has been so for long enough to count as available. */
function nextAvailable({ spec }: Replicated, pods: readonly Pod[], now: Date): Requeue | undefined {
  const minReadyMs = (spec?.minReadySeconds ?? 0) * 1000;
  const waits = pods
    .map((pod) => availableInMs(pod, { minReadyMs, now }) ?? 0)
    .filter((ms) => ms > 0);
  return waits.length === 0 ? undefined : { requeueAfterMs: Math.min(...waits) };
}
