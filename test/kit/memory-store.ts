import { Item, WatchEvent } from "#api/item.ts";
import { deepFreeze, type KubeObject, nameOf } from "#api/object.ts";
import {
  type Change,
  type CollectionCounts,
  Expired,
  type ObjectKey,
  type ObjectStore,
  type Snapshot,
  type Subscription,
} from "#db/object-store.ts";
import { asError } from "#lib/errors.ts";

type Listener = (event: WatchEvent, previous: Item | undefined) => void;

interface Logged {
  readonly resourceVersion: number;
  readonly event: WatchEvent;
  readonly previous: Item | undefined;
}

interface Collection {
  readonly items: Map<string, Item>;
  readonly listeners: Set<Listener>;
  readonly log: Logged[];
  /** Everything up to here was dropped from `log`. */
  oldest: number;
}

interface Accepted {
  readonly item: Item;
  readonly removed: boolean;
  readonly resourceVersion: number;
}

/**
 * The object store's contract in memory, for tests: one counter, history without bound until
 * `expire`, commits that a test may fail.
 */
export class MemoryStore implements ObjectStore {
  readonly #collections = new Map<string, Collection>();
  /** Newest versions that were accepted and are not visible yet. */
  readonly #pending = new Map<string, Accepted>();
  readonly #quarantine = new Map<string, string>();
  readonly #start: number;
  #visible: number;
  #next: number;
  #tail: Promise<unknown> = Promise.resolve();
  #failure: Error | undefined;

  /** `resourceVersion` is where the counter starts. */
  constructor({ resourceVersion = 1 }: { readonly resourceVersion?: number } = {}) {
    this.#start = resourceVersion;
    this.#visible = resourceVersion;
    this.#next = resourceVersion + 1;
  }

  get resourceVersion(): number {
    return this.#visible;
  }

  get(key: ObjectKey): Item | undefined {
    return this.#collection(key.collection).items.get(pathOf(key));
  }

  newest(key: ObjectKey): Item | undefined {
    const pending = this.#pending.get(placeOf(key));
    if (pending === undefined) return this.get(key);
    return pending.removed ? undefined : pending.item;
  }

  counts(): readonly CollectionCounts[] {
    return [...this.#collections].map(([collection, { items, listeners }]) => ({
      collection,
      objects: items.size,
      watchers: listeners.size,
    }));
  }

  get hasQuarantine(): boolean {
    return this.#quarantine.size > 0;
  }

  quarantined(key: ObjectKey): string | undefined {
    return this.newest(key) ? undefined : this.#quarantine.get(placeOf(key));
  }

  async discard(key: ObjectKey): Promise<void> {
    this.#quarantine.delete(placeOf(key));
  }

  /** Makes an object that is not there one that cannot be read. */
  quarantine(key: ObjectKey, why: string): void {
    this.#quarantine.set(placeOf(key), why);
  }

  /** Nothing expires here. */
  expireIn(_key: ObjectKey, _ttlMs: number): void {
    return undefined;
  }

  list(collection: string, namespace?: string): Snapshot {
    const { items } = this.#collection(collection);
    const places = [...items.keys()]
      .filter((place) => namespace === undefined || place.startsWith(`${namespace}/`))
      .sort();
    return {
      items: places.flatMap((place) => items.get(place) ?? []),
      resourceVersion: this.#visible,
    };
  }

  listNewest(collection: string, namespace: string): readonly Item[] {
    const names = new Set(this.list(collection, namespace).items.map(({ value }) => nameOf(value)));
    const prefix = `${collection} ${namespace}/`;
    for (const id of this.#pending.keys()) {
      if (id.startsWith(prefix)) names.add(id.slice(prefix.length));
    }
    return [...names].flatMap((name) => this.newest({ collection, namespace, name }) ?? []);
  }

  async write(key: ObjectKey, change: (current: Item | undefined) => Change): Promise<Item> {
    const id = placeOf(key);
    const current = this.newest(key);
    const decided = change(current);
    if (decided === "keep") {
      if (current === undefined) throw new Error(`Cannot keep ${id} as there is none`);
      await this.#tail;
      return current;
    }
    const resourceVersion = this.#next++;
    const removed = "remove" in decided;
    const item = stamp(removed ? decided.remove : decided.put, resourceVersion);
    const accepted = { item, removed, resourceVersion };
    this.#pending.set(id, accepted);
    const previousWrites = this.#tail;
    const done = previousWrites.then(async () => {
      try {
        this.#commit();
      } finally {
        if (this.#pending.get(id) === accepted) this.#pending.delete(id);
      }
      this.#apply(key, accepted);
      return item;
    });
    this.#tail = done.catch(asError);
    return done;
  }

  subscribe(collection: string, since: number, onEvent: Listener): Subscription {
    const { log, listeners, oldest } = this.#collection(collection);
    if (since < oldest) throw new Expired({ resourceVersion: since, oldest });
    for (const one of log) if (one.resourceVersion > since) onEvent(one.event, one.previous);
    const listener: Listener = (event, previous) => onEvent(event, previous);
    listeners.add(listener);
    return { resourceVersion: this.#visible, close: () => void listeners.delete(listener) };
  }

  /** Makes the next commit fail. */
  failNextCommit(error: Error): void {
    this.#failure = error;
  }

  /** Forgets all history, as a full ring or a restart does. */
  expire(): void {
    for (const collection of this.#collections.values()) {
      collection.log.length = 0;
      collection.oldest = this.#visible;
    }
  }

  /** Open subscriptions, to see that none is left behind. */
  get subscriptions(): number {
    return this.subscriptionsOf()
      .values()
      .reduce((sum, count) => sum + count, 0);
  }

  /** Open subscriptions by collection. */
  subscriptionsOf(): ReadonlyMap<string, number> {
    return new Map([...this.#collections].map(([name, { listeners }]) => [name, listeners.size]));
  }

  #commit(): void {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure) throw failure;
  }

  #apply(key: ObjectKey, { item, removed, resourceVersion }: Accepted): void {
    const { items, listeners, log } = this.#collection(key.collection);
    const previous = items.get(pathOf(key));
    if (removed) items.delete(pathOf(key));
    else items.set(pathOf(key), item);
    const type = removed ? "DELETED" : previous === undefined ? "ADDED" : "MODIFIED";
    const event = WatchEvent.of(type, { item, before: previous });
    this.#visible = resourceVersion;
    log.push({ resourceVersion, event, previous });
    for (const listener of listeners) listener(event, previous);
  }

  #collection(name: string): Collection {
    let collection = this.#collections.get(name);
    if (collection === undefined) {
      collection = { items: new Map(), listeners: new Set(), log: [], oldest: this.#start };
      this.#collections.set(name, collection);
    }
    return collection;
  }
}

const placeOf = (key: ObjectKey): string => `${key.collection} ${pathOf(key)}`;
const pathOf = ({ namespace, name }: ObjectKey): string => `${namespace}/${name}`;

function stamp(object: KubeObject, resourceVersion: number): Item {
  const metadata = { ...object.metadata, resourceVersion: String(resourceVersion) };
  return new Item(deepFreeze({ ...object, metadata }));
}
