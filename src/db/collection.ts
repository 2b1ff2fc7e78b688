import type { Item, WatchEvent } from "#api/item.ts";
import { History } from "./history.ts";

export interface StoredItem {
  readonly item: Item;
  /** It has a row on disk (or one that rides along): removing it must remove the row. */
  readonly hasRow: boolean;
}

/** What a place will hold once all that is queued is committed. */
export interface Pending {
  readonly stored: StoredItem | undefined;
  /** Settles with the commit that it waits for. */
  readonly settled: Promise<void>;
}

export type Listener = (event: WatchEvent, previous: Item | undefined) => void;

/** The objects of one kind: what is visible, in order, what is on its way, its history, its followers. */
export class Collection {
  readonly #items = new Map<string, StoredItem>();
  /** `namespace/name`, sorted, as of the last look at all of them: many come between two looks. */
  #order: readonly string[] = [];
  readonly #added = new Set<string>();
  #snapshot: readonly Item[] | undefined;
  /** By place, what is queued for it last. */
  readonly pending = new Map<string, Pending>();
  readonly history: History;
  readonly listeners = new Set<Listener>();

  constructor(options: { maxBytes: number; start: number }) {
    this.history = new History(options);
  }

  get size(): number {
    return this.#items.size;
  }

  get(place: string): StoredItem | undefined {
    return this.#items.get(place);
  }

  /** What is at a place, or will be once all that is queued is committed. */
  newest(place: string): StoredItem | undefined {
    const pending = this.pending.get(place);
    return pending ? pending.stored : this.#items.get(place);
  }

  put(place: string, stored: StoredItem): void {
    if (!this.#items.has(place)) this.#added.add(place);
    this.#items.set(place, stored);
    this.#snapshot = undefined;
  }

  remove(place: string): void {
    if (!this.#items.delete(place)) return;
    this.#added.delete(place);
    this.#snapshot = undefined;
  }

  /** All items, or those of one namespace. The array never changes. */
  list(namespace?: string): readonly Item[] {
    this.#snapshot ??= this.#inOrder();
    if (namespace === undefined || this.#snapshot.length === 0) return this.#snapshot;
    // "0" is the character after "/".
    return this.#snapshot.slice(this.#indexOf(`${namespace}/`), this.#indexOf(`${namespace}0`));
  }

  /** The items of a namespace as they will be once all that is queued is committed, in no order. */
  listNewest(namespace: string): readonly Item[] {
    const visible = this.list(namespace);
    const prefix = `${namespace}/`;
    const pending = [...this.pending].filter(([place]) => place.startsWith(prefix));
    if (pending.length === 0) return visible;
    const rest = visible.filter(({ value }) => !this.pending.has(prefix + value.metadata?.name));
    return [...rest, ...pending.flatMap(([, { stored }]) => stored?.item ?? [])];
  }

  #inOrder(): readonly Item[] {
    const known = this.#order.filter((place) => this.#items.has(place) && !this.#added.has(place));
    this.#order = merged(known, [...this.#added].sort());
    this.#added.clear();
    return this.#order.flatMap((place) => this.#items.get(place)?.item ?? []);
  }

  /** Adds a change to the history and tells everybody. */
  publish(event: WatchEvent, previous: Item | undefined): void {
    const resourceVersion = Number(event.item.value.metadata?.resourceVersion);
    this.history.add({ resourceVersion, event, previous });
    for (const listener of this.listeners) listener(event, previous);
  }

  /** Where `place` stands, or would. */
  #indexOf(place: string): number {
    let low = 0;
    for (let high = this.#order.length; low < high; ) {
      const middle = (low + high) >>> 1;
      if ((this.#order[middle] ?? "") < place) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Both, sorted as they are, as one. */
function merged(first: readonly string[], second: readonly string[]): readonly string[] {
  const all: string[] = [];
  let at = 0;
  for (const one of first) {
    for (let other = second[at]; other !== undefined && other < one; other = second[at]) {
      all.push(other);
      at += 1;
    }
    all.push(one);
  }
  return [...all, ...second.slice(at)];
}
