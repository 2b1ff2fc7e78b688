import { Item, WatchEvent } from "#api/item.ts";
import { deepFreeze, type KubeObject } from "#api/object.ts";
import type { Clock } from "#lib/clock.ts";
import { asError } from "#lib/errors.ts";
import { Collection, type Pending, type StoredItem } from "./collection.ts";
import { Expiry } from "./expiry.ts";
import type { GroupCommit } from "./group-commit.ts";
import type {
  Change,
  CollectionCounts,
  ObjectKey,
  ObjectStore,
  Put,
  Snapshot,
  Subscription,
} from "./object-store.ts";
import type { Operation, UnreadableObject } from "./operation.ts";
import type { ReadRows } from "./read-rows.ts";
import type { ResourceVersions } from "./resource-versions.ts";

/** A lazy row waits this long for company before it is written alone. */
const LAZY_MS = 5 * 60_000;
/** What should have expired and could not tries again after this time. */
const RETRY_MS = 60_000;

export interface ObjectsOptions {
  readonly commits: GroupCommit;
  readonly versions: ResourceVersions;
  readonly contents: ReadRows;
  readonly clock: Clock;
  /** Bytes of JSON that the history of one collection may hold. */
  readonly historyBytes: number;
}

interface Write {
  readonly key: ObjectKey;
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly stored: StoredItem;
  readonly ttlMs: number | undefined;
}

/** The object store over group commit: see `ObjectStore` for what it promises. */
export class CommittedObjects implements ObjectStore {
  readonly #commits: GroupCommit;
  readonly #versions: ResourceVersions;
  readonly #collections = new Map<string, Collection>();
  readonly #expiry: Expiry<ObjectKey>;
  readonly #expiring = new Map<string, ObjectKey>();
  readonly #quarantine = new Map<string, UnreadableObject>();
  readonly #historyBytes: number;
  readonly #start: number;
  #visible: number;

  constructor({ commits, versions, contents, clock, historyBytes }: ObjectsOptions) {
    this.#commits = commits;
    this.#versions = versions;
    this.#historyBytes = historyBytes;
    this.#start = versions.last;
    this.#visible = versions.last;
    this.#expiry = new Expiry(clock, (key) => this.#expire(key));
    for (const one of contents.unreadable) this.#quarantine.set(uniqueOf(one.key), one);
    for (const { key, item } of contents.objects) {
      this.#collection(key.collection).put(placeOf(key), { item, hasRow: true });
    }
  }

  /** The objects in quarantine whose place no other has taken. */
  get unreadable(): readonly UnreadableObject[] {
    return [...this.#quarantine.values()].filter(({ key }) => !this.#current(key));
  }

  get resourceVersion(): number {
    return this.#visible;
  }

  get(key: ObjectKey): Item | undefined {
    return this.#collections.get(key.collection)?.get(placeOf(key))?.item;
  }

  newest(key: ObjectKey): Item | undefined {
    return this.#current(key)?.item;
  }

  list(collection: string, namespace?: string): Snapshot {
    const items = this.#collections.get(collection)?.list(namespace) ?? [];
    return { items, resourceVersion: this.#visible };
  }

  listNewest(collection: string, namespace: string): readonly Item[] {
    return this.#collections.get(collection)?.listNewest(namespace) ?? [];
  }

  subscribe(
    collection: string,
    since: number,
    onEvent: (event: WatchEvent, previous: Item | undefined) => void,
  ): Subscription {
    const { history, listeners } = this.#collection(collection);
    for (const { event, previous } of history.after(since)) onEvent(event, previous);
    const listener = (event: WatchEvent, previous: Item | undefined): void =>
      onEvent(event, previous);
    listeners.add(listener);
    return { resourceVersion: this.#visible, close: () => listeners.delete(listener) };
  }

  async write(key: ObjectKey, change: (current: Item | undefined) => Change): Promise<Item> {
    const current = this.#current(key);
    const decided = change(current?.item);
    if (decided === "keep") {
      await this.#pendingOf(key)?.settled;
      if (!current) throw new TypeError(`Cannot keep ${uniqueOf(key)}: there is no such object`);
      return current.item;
    }
    if ("put" in decided) return this.#put(key, current, decided);
    if (!current) throw new TypeError(`Cannot remove ${uniqueOf(key)}: there is no such object`);
    const stored = { item: this.#stamp(decided.remove), hasRow: current.hasRow };
    const operations: Operation[] = current.hasRow ? [{ kind: "removeObject", key }] : [];
    if (this.#quarantine.has(uniqueOf(key))) operations.push({ kind: "removeQuarantined", key });
    return this.#enqueue({ key, type: "DELETED", stored, ttlMs: undefined }, operations);
  }

  get hasQuarantine(): boolean {
    return this.#quarantine.size > 0;
  }

  quarantined(key: ObjectKey): string | undefined {
    return this.#current(key) ? undefined : this.#quarantine.get(uniqueOf(key))?.why;
  }

  async discard(key: ObjectKey): Promise<void> {
    await this.#commits.commit([{ kind: "removeQuarantined", key }]);
    this.#quarantine.delete(uniqueOf(key));
  }

  counts(): readonly CollectionCounts[] {
    return [...this.#collections].map(([collection, { size, listeners }]) => ({
      collection,
      objects: size,
      watchers: listeners.size,
    }));
  }

  expireIn(key: ObjectKey, ttlMs: number): void {
    if (this.get(key)) this.#setExpiry(key, ttlMs);
  }

  /** Stops all timers. */
  close(): void {
    this.#expiry.stop();
  }

  #current(key: ObjectKey): StoredItem | undefined {
    return this.#collections.get(key.collection)?.newest(placeOf(key));
  }

  #pendingOf(key: ObjectKey): Pending | undefined {
    return this.#collections.get(key.collection)?.pending.get(placeOf(key));
  }

  #put(
    key: ObjectKey,
    current: StoredItem | undefined,
    { put, durability = "now", ttlMs }: Put,
  ): Promise<Item> {
    const item = this.#stamp(put);
    const hasRow = durability !== "never" || (current?.hasRow ?? false);
    const type = current ? "MODIFIED" : "ADDED";
    const write: Write = { key, type, stored: { item, hasRow }, ttlMs };
    if (durability === "never") return this.#enqueue(write, []);
    const operation: Operation = { kind: "putObject", key, value: item.json };
    if (durability === "now") return this.#enqueue(write, [operation]);
    return this.#enqueue(write, [], operation);
  }

  #stamp(object: KubeObject): Item {
    const resourceVersion = String(this.#versions.next());
    return new Item(deepFreeze({ ...object, metadata: { ...object.metadata, resourceVersion } }));
  }

  /** `lazyRow` goes to disk some time after the write is visible, `rows` before. */
  #enqueue(write: Write, rows: readonly Operation[], lazyRow?: Operation): Promise<Item> {
    const { key, type, stored } = write;
    const reservation = this.#versions.reserve();
    const operations = reservation ? [...rows, reservation.operation] : rows;
    const { pending: waiting } = this.#collection(key.collection);
    const place = placeOf(key);
    const settled = new Promise<void>((resolve, reject) => {
      const pending: Pending = {
        stored: type === "DELETED" ? undefined : stored,
        get settled() {
          return settled;
        },
      };
      waiting.set(place, pending);
      this.#commits.enqueue({
        operations,
        ...(lazyRow && { rider: { operation: lazyRow, withinMs: LAZY_MS } }),
        done: () => {
          reservation?.settled(true);
          if (waiting.get(place) === pending) waiting.delete(place);
          this.#publish(write);
          resolve();
        },
        failed: (error) => {
          reservation?.settled(false);
          waiting.delete(place);
          reject(new Error(`Cannot store ${uniqueOf(key)}`, { cause: asError(error) }));
        },
      });
    });
    return settled.then(() => stored.item);
  }

  #publish({ key, type, stored, ttlMs }: Write): void {
    const place = placeOf(key);
    const collection = this.#collection(key.collection);
    const previous = collection.get(place)?.item;
    if (type === "DELETED") this.#quarantine.delete(uniqueOf(key));
    if (type === "DELETED") collection.remove(place);
    else collection.put(place, stored);
    this.#visible = Number(stored.item.value.metadata?.resourceVersion);
    this.#setExpiry(key, ttlMs);
    collection.publish(WatchEvent.of(type, { item: stored.item, before: previous }), previous);
  }

  /** The expiry knows keys by identity: one object per key that expires. */
  #setExpiry(key: ObjectKey, ttlMs: number | undefined): void {
    if (ttlMs === undefined && this.#expiring.size === 0) return;
    const unique = uniqueOf(key);
    const known = this.#expiring.get(unique);
    if (known === undefined && ttlMs === undefined) return;
    const own = known ?? key;
    this.#expiry.set(own, ttlMs);
    if (ttlMs === undefined) this.#expiring.delete(unique);
    else this.#expiring.set(unique, own);
  }

  #expire(key: ObjectKey): void {
    this.#expiring.delete(uniqueOf(key));
    const current = this.#collection(key.collection).get(placeOf(key));
    if (!current) return;
    // What is being written decides anew; should that fail, the time of this version is over.
    if (this.#pendingOf(key)) return this.#setExpiry(key, RETRY_MS);
    const { item, hasRow } = current;
    const row: Operation | undefined = hasRow ? { kind: "removeObject", key } : undefined;
    const stored = { item: this.#stamp(item.value), hasRow: false };
    // Without rows of its own it cannot fail but together with what is queued before it.
    const write: Write = { key, type: "DELETED", stored, ttlMs: undefined };
    this.#enqueue(write, [], row).catch(() => this.#setExpiry(key, RETRY_MS));
  }

  #collection(name: string): Collection {
    const known = this.#collections.get(name);
    if (known) return known;
    const made = new Collection({ maxBytes: this.#historyBytes, start: this.#start });
    this.#collections.set(name, made);
    return made;
  }
}

function placeOf({ namespace, name }: ObjectKey): string {
  return `${namespace}/${name}`;
}

function uniqueOf({ collection, namespace, name }: ObjectKey): string {
  return `${collection}/${namespace}/${name}`;
}
