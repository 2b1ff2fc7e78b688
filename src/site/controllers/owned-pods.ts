import { type KubeObject, objectKey, type Pod } from "#api/object.ts";
import type { Resource } from "#api/resource.ts";
import type { InformerHandler } from "#client/informer.ts";
import type { Clock } from "#lib/clock.ts";
import { Expectations } from "./expectations.ts";
import { isNamespaceEnding, type PodControl, type WantedPod } from "./pod-control.ts";
import { slowStart } from "./slow-start.ts";

interface OwnedPodsOptions<O extends KubeObject> {
  /** Of the owners. */
  readonly resource: Resource<O>;
  readonly control: Pick<PodControl, "create" | "delete">;
  readonly clock: Clock;
}

/**
 * Makes and removes pods for owners of one kind, and keeps count of what the cache does not show
 * yet. One pass of an owner makes pods or removes some, not both.
 */
export class OwnedPods<O extends KubeObject> {
  readonly #resource: Resource<O>;
  readonly #control: Pick<PodControl, "create" | "delete">;
  readonly #expectations: Expectations;
  /** UIDs of pods that are on their way out by our word. */
  readonly #removed = new Set<string>();

  constructor({ resource, control, clock }: OwnedPodsOptions<O>) {
    this.#resource = resource;
    this.#control = control;
    this.#expectations = new Expectations(clock);
  }

  /** True when the cache shows all that was done for the owner of this key. */
  isShown(key: string): boolean {
    return this.#expectations.satisfied(key);
  }

  /** True for a pod that was removed here: how it ends is not its own doing. Not known after a restart. */
  wasRemoved(pod: Pod): boolean {
    return this.#removed.has(uidOf(pod));
  }

  /** The owner is gone. */
  forget(key: string): void {
    this.#expectations.forget(key);
  }

  /** @throws the first failure, but none in a namespace that is ending. */
  async create(owner: O, wanted: readonly WantedPod[]): Promise<void> {
    const key = objectKey(owner);
    const count = wanted.length;
    if (count === 0) return;
    this.#expectations.expect(key, { creations: count });
    const { succeeded, error } = await slowStart(wanted, async (pod) => {
      await this.#control.create(owner, this.#resource, pod);
    });
    this.#expectations.created(key, count - succeeded);
    if (error && !isNamespaceEnding(error)) throw error;
  }

  /** @throws the first failure; the others go nevertheless. */
  async delete(owner: O, pods: readonly Pod[]): Promise<void> {
    const key = objectKey(owner);
    if (pods.length === 0) return;
    this.#expectations.expect(key, { deletions: pods.map(uidOf) });
    for (const pod of pods) this.#removed.add(uidOf(pod));
    const deletions = pods.map((pod) =>
      this.#control.delete(owner, pod).catch((error: unknown) => {
        this.#removed.delete(uidOf(pod));
        this.#expectations.deleted(key, uidOf(pod));
        throw error;
      }),
    );
    await Promise.all(deletions);
  }

  /** Learns what the cache shows by now; a pod that is ending counts as deleted. */
  observer(ownerOf: (pod: Pod) => string | undefined): InformerHandler<Pod> {
    const gone = (pod: Pod): void => {
      const key = ownerOf(pod);
      if (key !== undefined) this.#expectations.deleted(key, uidOf(pod));
    };
    return {
      added: (pod) => {
        const key = ownerOf(pod);
        if (key !== undefined) this.#expectations.created(key);
        if (pod.metadata?.deletionTimestamp !== undefined) gone(pod);
      },
      updated: (next) => {
        if (next.metadata?.deletionTimestamp !== undefined) gone(next);
      },
      deleted: (last) => {
        this.#removed.delete(uidOf(last));
        gone(last);
      },
    };
  }
}

function uidOf({ metadata }: Pod): string {
  return metadata?.uid ?? "";
}
