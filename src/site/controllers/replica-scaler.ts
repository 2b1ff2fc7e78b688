import { objectKey, type Pod } from "#api/object.ts";
import type { Resource } from "#api/resource.ts";
import type { InformerHandler } from "#client/informer.ts";
import type { Expectations } from "./expectations.ts";
import { isNamespaceEnding, type PodControl } from "./pod-control.ts";
import { byDispensability } from "./pods.ts";
import type { Replicated } from "./replica-status.ts";
import { slowStart } from "./slow-start.ts";

/** Pods that one pass creates or deletes at most (Kubernetes `BurstReplicas`). */
const BURST = 500;

/** Makes the pods that a ReplicaSet, or the like, lacks, or removes those it has too many of. */
export class ReplicaScaler<O extends Replicated> {
  readonly #resource: Resource<O>;
  readonly #pods: PodControl;
  readonly #expectations: Expectations;

  constructor(resource: Resource<O>, pods: PodControl, expectations: Expectations) {
    this.#resource = resource;
    this.#pods = pods;
    this.#expectations = expectations;
  }

  /** @throws the first failure; the rest is tried again by the next pass. */
  async scale(owner: O, active: readonly Pod[]): Promise<void> {
    const missing = (owner.spec?.replicas ?? 0) - active.length;
    if (missing > 0) await this.#create(owner, Math.min(missing, BURST));
    else if (missing < 0)
      await this.#delete(owner, byDispensability(active).slice(0, Math.min(-missing, BURST)));
  }

  async #create(owner: O, count: number): Promise<void> {
    const key = objectKey(owner);
    const template = owner.spec?.template ?? {};
    this.#expectations.expect(key, { creations: count });
    const { succeeded, error } = await slowStart(count, async () => {
      await this.#pods.create(owner, this.#resource, { template });
    });
    this.#expectations.created(key, count - succeeded);
    if (error && !isNamespaceEnding(error)) throw error;
  }

  async #delete(owner: O, surplus: readonly Pod[]): Promise<void> {
    const key = objectKey(owner);
    const uidOf = ({ metadata }: Pod): string => metadata?.uid ?? "";
    this.#expectations.expect(key, { deletions: surplus.map(uidOf) });
    const deletions = surplus.map((pod) =>
      this.#pods.delete(owner, pod).catch((error: unknown) => {
        this.#expectations.deleted(key, uidOf(pod));
        throw error;
      }),
    );
    await Promise.all(deletions);
  }
}

/** Tells the expectations what the cache shows by now; a pod that is ending counts as deleted. */
export function observe(
  expectations: Expectations,
  ownerOf: (pod: Pod) => string | undefined,
): InformerHandler<Pod> {
  const gone = (pod: Pod): void => {
    const key = ownerOf(pod);
    if (key !== undefined) expectations.deleted(key, pod.metadata?.uid ?? "");
  };
  return {
    added(pod) {
      const key = ownerOf(pod);
      if (key !== undefined) expectations.created(key);
      if (pod.metadata?.deletionTimestamp !== undefined) gone(pod);
    },
    updated(next) {
      if (next.metadata?.deletionTimestamp !== undefined) gone(next);
    },
    deleted: gone,
  };
}
