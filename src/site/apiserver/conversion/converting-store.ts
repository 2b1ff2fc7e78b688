import type { Item, WatchEvent } from "#api/item.ts";
import type { Resource } from "#api/resource.ts";
import type {
  Change,
  CollectionCounts,
  ObjectKey,
  ObjectStore,
  Snapshot,
  Subscription,
} from "#db/object-store.ts";
import { eventOf, itemOf } from "../kind.ts";
import type { Conversions } from "./conversions.ts";

/** A watcher whose webhook is so far behind begins anew. */
const MAX_WAITING_EVENTS = 10_000;

interface ConvertingStoreOptions {
  readonly store: ObjectStore;
  readonly conversions: Conversions;
  /** The kind, in the version that is wanted. */
  readonly row: Resource;
  /** Told of a subscription that ended because its events cannot be converted. */
  onLost(error: unknown): void;
}

/**
 * The store as one version of a custom kind sees it: what comes out was converted by the kind's
 * webhook, what goes in is converted before it is kept. Reads throw Unconverted for what the webhook
 * was not asked about yet; `write` calls `change` again where another write came first.
 */
export class ConvertingStore implements ObjectStore {
  readonly #options: ConvertingStoreOptions;

  constructor(options: ConvertingStoreOptions) {
    this.#options = options;
  }

  get resourceVersion(): number {
    return this.#options.store.resourceVersion;
  }

  get hasQuarantine(): boolean {
    return this.#options.store.hasQuarantine;
  }

  get(key: ObjectKey): Item | undefined {
    return this.#served(this.#options.store.get(key));
  }

  newest(key: ObjectKey): Item | undefined {
    return this.#served(this.#options.store.newest(key));
  }

  list(collection: string, namespace?: string): Snapshot {
    const { store, row } = this.#options;
    const { items, resourceVersion } = store.list(collection, namespace);
    return { items: items.map((item) => itemOf(row, item)), resourceVersion };
  }

  listNewest(collection: string, namespace: string): readonly Item[] {
    const { store, row } = this.#options;
    return store.listNewest(collection, namespace).map((item) => itemOf(row, item));
  }

  async write(key: ObjectKey, change: (current: Item | undefined) => Change): Promise<Item> {
    const { store } = this.#options;
    for (;;) {
      const before = store.newest(key);
      const stored = await this.#stored(change(before && (await this.#converted(before))));
      try {
        const item = await store.write(key, (now) => {
          if (now?.value !== before?.value) throw new Overtaken();
          return stored;
        });
        return await this.#converted(item);
      } catch (error) {
        if (!(error instanceof Overtaken)) throw error;
      }
    }
  }

  quarantined(key: ObjectKey): string | undefined {
    return this.#options.store.quarantined(key);
  }

  discard(key: ObjectKey): Promise<void> {
    return this.#options.store.discard(key);
  }

  counts(): readonly CollectionCounts[] {
    return this.#options.store.counts();
  }

  expireIn(key: ObjectKey, ttlMs: number): void {
    this.#options.store.expireIn(key, ttlMs);
  }

  /** Events come one after the other as they are converted, none before this returns. */
  subscribe(
    collection: string,
    since: number,
    onEvent: (event: WatchEvent, previous: Item | undefined) => void,
  ): Subscription {
    const { store, row, onLost } = this.#options;
    let waiting = 0;
    let isClosed = false;
    let last = Promise.resolve();
    const deliver = async (event: WatchEvent, previous: Item | undefined): Promise<void> => {
      if (isClosed) return;
      if (waiting > MAX_WAITING_EVENTS) throw new Error("the webhook is too far behind");
      const before = previous && (await this.#converted(previous));
      await this.#converted(event.item);
      if (!isClosed) onEvent(eventOf(row, event), before);
    };
    const subscription = store.subscribe(collection, since, (event, previous) => {
      waiting += 1;
      last = last
        .then(() => deliver(event, previous))
        .catch((error: unknown) => {
          if (isClosed) return;
          close();
          onLost(error);
        })
        .finally(() => {
          waiting -= 1;
        });
    });
    const close = (): void => {
      isClosed = true;
      subscription.close();
    };
    return { resourceVersion: subscription.resourceVersion, close };
  }

  #served(item: Item | undefined): Item | undefined {
    return item && itemOf(this.#options.row, item);
  }

  async #converted(item: Item): Promise<Item> {
    const { conversions, row } = this.#options;
    await conversions.prepare(row, [item.value]);
    return itemOf(row, item);
  }

  async #stored(change: Change): Promise<Change> {
    const { conversions, row } = this.#options;
    if (change === "keep") return change;
    if ("remove" in change) return { remove: await conversions.stored(row, change.remove) };
    return { ...change, put: await conversions.stored(row, change.put) };
  }
}

/** Another write came first. */
class Overtaken extends Error {}
