import type { Item, WatchEvent } from "#api/item.ts";
import type { KubeObject } from "#api/object.ts";

/** Where an object lies: `collection` is `group/plural` (`apps/deployments`, `/pods`). */
export interface ObjectKey {
  readonly collection: string;
  /** `""` for cluster-scoped objects. */
  readonly namespace: string;
  readonly name: string;
}

export interface Snapshot {
  /** Ordered by namespace, then name. */
  readonly items: readonly Item[];
  /** The newest resourceVersion that is visible; at least that of every item. */
  readonly resourceVersion: number;
}

/**
 * How long a write may take to be on disk. `now`: before it is answered. `lazy`: with the next
 * commit, within minutes. `never`: a restart takes it.
 */
export type Durability = "now" | "lazy" | "never";

/** An object to keep. */
export interface Put {
  readonly put: KubeObject;
  /** Default `now`. */
  readonly durability?: Durability;
  /** Removed by itself this long after the write, on the monotonic clock. */
  readonly ttlMs?: number;
}

/** How much there is of a collection. */
export interface CollectionCounts {
  readonly collection: string;
  readonly objects: number;
  /** Open subscriptions. */
  readonly watchers: number;
}

/** What a write leaves: an object, nothing (the last version says how it ended), or all as it was. */
export type Change = Put | { readonly remove: KubeObject } | "keep";

export interface Subscription {
  /** The store's position when the subscription began. */
  readonly resourceVersion: number;
  close(): void;
}

/**
 * The versioned objects of the site (design §5). A write is checked against the newest pending
 * state, waits for its group commit, then becomes visible to reads and watches, then is answered.
 * Values that go in are frozen and kept; values that come out are those same frozen values.
 */
export interface ObjectStore {
  /** The newest visible resourceVersion. */
  readonly resourceVersion: number;
  /** The newest visible version. */
  get(key: ObjectKey): Item | undefined;
  /** The version that the next write of it would find: the newest pending one, else the visible one. */
  newest(key: ObjectKey): Item | undefined;
  /** All of a collection, or of one namespace in it. */
  list(collection: string, namespace?: string): Snapshot;
  /** What `newest` says of every object of a namespace, in no order. */
  listNewest(collection: string, namespace: string): readonly Item[];
  /**
   * Changes one object. `change` sees the newest version, pending ones included, decides
   * synchronously and may throw to refuse. The store stamps `metadata.resourceVersion` on what it
   * puts (and on the last version of what it removes). Resolves once the result is durable and visible.
   * @throws what `change` threw; an Error saying why when the commit failed, nothing changed then.
   */
  write(key: ObjectKey, change: (current: Item | undefined) => Change): Promise<Item>;
  /**
   * Why the row of an object cannot be read, where that is so and no other object has taken its
   * place. It lies in quarantine, as it was found: to everything else here it is not there.
   */
  quarantined(key: ObjectKey): string | undefined;
  /** Whether `quarantined` may find anything. */
  readonly hasQuarantine: boolean;
  /** Forgets the quarantined rows of an object. Resolves once that is durable. */
  discard(key: ObjectKey): Promise<void>;
  /** One entry per collection that has or had objects, or a follower. */
  counts(): readonly CollectionCounts[];
  /** Gives an object that is there a time to live, from now on; a restart forgets that of `Put.ttlMs`. */
  expireIn(key: ObjectKey, ttlMs: number): void;
  /**
   * Calls `onEvent` for every change of a collection after `since`, first those from history,
   * synchronously, then live ones at their commit. MODIFIED and DELETED carry the new version;
   * `previous` is the one before, for selectors.
   * @throws {Expired} when `since` is older than the history that is kept.
   */
  subscribe(
    collection: string,
    since: number,
    onEvent: (event: WatchEvent, previous: Item | undefined) => void,
  ): Subscription;
}

/** History no longer reaches back to the resourceVersion asked for. */
export class Expired extends Error {
  override readonly name = "Expired";
  readonly resourceVersion: number;
  readonly oldest: number;

  constructor({ resourceVersion, oldest }: { resourceVersion: number; oldest: number }) {
    super(`too old resource version: ${resourceVersion} (${oldest})`);
    this.resourceVersion = resourceVersion;
    this.oldest = oldest;
  }
}
