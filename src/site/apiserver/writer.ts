import { Item } from "#api/item.ts";
import { deepFreeze, type KubeObject } from "#api/object.ts";
import type { Resource } from "#api/resource.ts";
import { internalError, StatusError } from "#api/status.ts";
import type { Change, ObjectKey, ObjectStore } from "#db/object-store.ts";
import type { Admission } from "./admission.ts";
import { itemOf } from "./kind.ts";
import type { Strategies } from "./strategies/strategies.ts";

/** A version to store, or the last version of an object that goes; `current` itself means no change. */
export type Decision<T extends KubeObject> = { readonly put: T } | { readonly remove: T } | "keep";

/** What a decision is about. */
export interface Write<T extends KubeObject> {
  readonly resource: Resource<T>;
  readonly key: ObjectKey;
  readonly admission: Admission;
}

/** Takes a decision about one object to the store, or only through the motions when it is dry. */
export class Writer {
  readonly #store: ObjectStore;
  readonly #strategies: Strategies;

  constructor(store: ObjectStore, strategies: Strategies) {
    this.#store = store;
    this.#strategies = strategies;
  }

  /**
   * `decide` sees the newest version and runs once. What the admission set aside is undone when
   * nothing was written.
   * @throws what `decide` threw; StatusError 500 when the store could not commit.
   */
  async write<T extends KubeObject>(
    { resource, key, admission }: Write<T>,
    decide: (current: T | undefined) => Decision<T>,
  ): Promise<Item<T>> {
    let refusal: unknown;
    const change = (current: Item | undefined): Change => {
      try {
        const before = current && itemOf(resource, current).value;
        return this.#stored(resource, decide(before), before);
      } catch (error) {
        refusal = error;
        throw error;
      }
    };
    try {
      const item = admission.dryRun
        ? this.#rehearse(key, change)
        : await admission.timed("etcd", () => this.#store.write(key, change));
      admission.settle(admission.dryRun ? "nothing" : "committed");
      return itemOf(resource, item);
    } catch (error) {
      admission.settle("nothing");
      if (error === refusal || error instanceof StatusError) throw error;
      throw internalError(`storing ${resource.plural} "${key.name}"`, error);
    }
  }

  #stored<T extends KubeObject>(
    resource: Resource<T>,
    decision: Decision<T>,
    current: T | undefined,
  ): Change {
    if (decision === "keep" || "remove" in decision) return decision;
    const { put } = decision;
    const storage = this.#strategies.of(resource).storage?.({ next: put, current });
    return { put, ...storage };
  }

  #rehearse(key: ObjectKey, change: (current: Item | undefined) => Change): Item {
    const current = this.#store.get(key);
    const decided = change(current);
    if (decided === "keep") {
      if (current === undefined) throw new TypeError(`Cannot keep ${key.name} as there is none`);
      return current;
    }
    return new Item(deepFreeze("put" in decided ? decided.put : decided.remove));
  }
}
