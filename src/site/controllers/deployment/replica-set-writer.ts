import { isDeepStrictEqual } from "node:util";
import { type Deployment, nameOf, namespaceOf, type ReplicaSet } from "#api/object.ts";
import { controllerOf, controllerReference } from "#api/ownership.ts";
import { DEPLOYMENTS, REPLICA_SETS } from "#api/resources.ts";
import { hasReason, unlessNotFound } from "#api/status.ts";
import type { Client } from "#client/client.ts";
import type { EventRecorder } from "#client/events.ts";
import { currentAnnotations, nextRevision, revisionOf, sizeAnnotations } from "./revision.ts";
import { currentSize, type Sizes, uidOf, wanted } from "./rollout.ts";
import { HASH_LABEL, sameTemplate, templateHash } from "./template-hash.ts";

/** The name of the ReplicaSet to make is taken by one with another template. */
export class HashCollision extends Error {
  override readonly name = "HashCollision";
}

/** Makes, sizes and removes the ReplicaSets of Deployments, and says so in events. */
export class ReplicaSetWriter {
  readonly #client: Client;
  readonly #events: EventRecorder;

  constructor({ client, events }: { readonly client: Client; readonly events: EventRecorder }) {
    this.#client = client;
    this.#events = events;
  }

  /**
   * Makes the ReplicaSet of the current template.
   * @throws {HashCollision} when its name is taken; a higher collision count gives another.
   */
  async create(deployment: Deployment, old: readonly ReplicaSet[]): Promise<ReplicaSet> {
    const replicaSet = replicaSetOf(deployment, old);
    try {
      const created = await this.#client.create(REPLICA_SETS, replicaSet);
      const size = wanted(created);
      if (size > 0) this.#tell(deployment, { replicaSet: created, from: 0, to: size });
      return created;
    } catch (error) {
      if (!hasReason(error, "AlreadyExists")) throw error;
      return await this.#existing(deployment, replicaSet);
    }
  }

  /** Gives the ReplicaSet of the current template its revision and what else it has from the Deployment. */
  async revise(
    deployment: Deployment,
    current: ReplicaSet,
    old: readonly ReplicaSet[],
  ): Promise<ReplicaSet> {
    const present = current.metadata?.annotations ?? {};
    const annotations = currentAnnotations(deployment, nextRevision(old), present);
    const minReadySeconds = deployment.spec?.minReadySeconds ?? 0;
    if (
      isDeepStrictEqual(annotations, { ...present }) &&
      (current.spec?.minReadySeconds ?? 0) === minReadySeconds
    ) {
      return current;
    }
    return await this.#client.update(REPLICA_SETS, {
      ...current,
      metadata: { ...current.metadata, annotations },
      ...(current.spec && { spec: { ...current.spec, minReadySeconds } }),
    });
  }

  /** Brings `replicaSets` to their sizes; answers true when one of them changed its size. */
  async resize(
    deployment: Deployment,
    replicaSets: readonly ReplicaSet[],
    sizes: Sizes,
  ): Promise<boolean> {
    let changed = false;
    for (const replicaSet of replicaSets) {
      const size = sizes.get(uidOf(replicaSet));
      if (size === undefined) continue;
      await this.#resizeOne(deployment, replicaSet, size);
      changed ||= size !== wanted(replicaSet);
    }
    return changed;
  }

  /** Removes the oldest of those that are empty, beyond the history that is to be kept. */
  async cleanUp(deployment: Deployment, old: readonly ReplicaSet[]): Promise<void> {
    const limit = deployment.spec?.revisionHistoryLimit;
    if (limit === undefined) return;
    const alive = old.filter(({ metadata }) => metadata?.deletionTimestamp === undefined);
    const byRevision = alive.toSorted((a, b) => (revisionOf(a) < revisionOf(b) ? -1 : 1));
    for (const replicaSet of byRevision.slice(0, Math.max(0, alive.length - limit))) {
      const { metadata, status } = replicaSet;
      const observed = (status?.observedGeneration ?? 0) >= (metadata?.generation ?? 0);
      if (wanted(replicaSet) > 0 || (status?.replicas ?? 0) > 0 || !observed) continue;
      await this.#delete(replicaSet);
    }
  }

  async #delete(replicaSet: ReplicaSet): Promise<void> {
    const key = { namespace: namespaceOf(replicaSet), name: nameOf(replicaSet) };
    const options = { preconditions: { uid: uidOf(replicaSet) } };
    await this.#client.delete(REPLICA_SETS, key, options).catch(unlessNotFound);
  }

  async #existing(deployment: Deployment, wantedSet: ReplicaSet): Promise<ReplicaSet> {
    const key = { namespace: namespaceOf(deployment), name: nameOf(wantedSet) };
    const existing = await this.#client.get(REPLICA_SETS, key);
    const isOurs = controllerOf(existing)?.uid === deployment.metadata?.uid;
    const template = existing.spec?.template ?? {};
    if (isOurs && sameTemplate(template, deployment.spec?.template ?? {})) return existing;
    throw new HashCollision(`ReplicaSet ${key.name} exists with another template`);
  }

  async #resizeOne(deployment: Deployment, replicaSet: ReplicaSet, size: number): Promise<void> {
    const present = replicaSet.metadata?.annotations ?? {};
    const annotations = { ...present, ...sizeAnnotations(deployment) };
    const from = wanted(replicaSet);
    if (size === from && isDeepStrictEqual(annotations, { ...present })) return;
    await this.#client.update(REPLICA_SETS, {
      ...replicaSet,
      metadata: { ...replicaSet.metadata, annotations },
      ...(replicaSet.spec && { spec: { ...replicaSet.spec, replicas: size } }),
    });
    if (size !== from) this.#tell(deployment, { replicaSet, from, to: size });
  }

  #tell(deployment: Deployment, { replicaSet, from, to }: Resized): void {
    const direction = to > from ? "up" : "down";
    const message = `Scaled ${direction} replica set ${nameOf(replicaSet)} from ${from} to ${to}`;
    this.#events.event(deployment, { type: "Normal", reason: "ScalingReplicaSet", message });
  }
}

interface Resized {
  readonly replicaSet: ReplicaSet;
  readonly from: number;
  readonly to: number;
}

function replicaSetOf(deployment: Deployment, old: readonly ReplicaSet[]): ReplicaSet {
  const template = deployment.spec?.template ?? {};
  const hash = templateHash(template, deployment.status?.collisionCount ?? 0);
  const labels = { ...template.metadata?.labels, [HASH_LABEL]: hash };
  const selector = deployment.spec?.selector;
  return {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: {
      name: `${nameOf(deployment)}-${hash}`,
      namespace: namespaceOf(deployment),
      labels,
      annotations: {
        ...currentAnnotations(deployment, nextRevision(old), {}),
        ...sizeAnnotations(deployment),
      },
      ownerReferences: [controllerReference(DEPLOYMENTS, deployment)],
    },
    spec: {
      replicas: currentSize({ deployment, current: undefined, old }),
      ...(deployment.spec?.minReadySeconds && { minReadySeconds: deployment.spec.minReadySeconds }),
      selector: { ...selector, matchLabels: { ...selector?.matchLabels, [HASH_LABEL]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  };
}
