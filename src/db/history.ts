import type { Item, WatchEvent } from "#api/item.ts";
import { Expired } from "./object-store.ts";

export interface HistoryEntry {
  readonly resourceVersion: number;
  readonly event: WatchEvent;
  readonly previous: Item | undefined;
}

/** The last changes of one collection, bounded in bytes of JSON. */
export class History {
  readonly #maxBytes: number;
  #entries: HistoryEntry[] = [];
  #bytes = 0;
  #forgotten: number;

  /** `start`: the resourceVersion before the first change that can be told. */
  constructor({ maxBytes, start }: { maxBytes: number; start: number }) {
    this.#maxBytes = maxBytes;
    this.#forgotten = start;
  }

  add(entry: HistoryEntry): void {
    this.#entries.push(entry);
    this.#bytes += entry.event.item.json.length;
    if (this.#bytes > this.#maxBytes) this.#trim();
  }

  /**
   * The changes after `resourceVersion`, oldest first.
   * @throws {Expired} when some of them are forgotten.
   */
  after(resourceVersion: number): readonly HistoryEntry[] {
    if (resourceVersion < this.#forgotten) {
      throw new Expired({ resourceVersion, oldest: this.#forgotten });
    }
    let low = 0;
    for (let high = this.#entries.length; low < high; ) {
      const middle = (low + high) >>> 1;
      const entry = this.#entries[middle];
      if (entry && entry.resourceVersion <= resourceVersion) low = middle + 1;
      else high = middle;
    }
    return this.#entries.slice(low);
  }

  /** Down to three quarters at once, so that a full ring is not trimmed at every change. */
  #trim(): void {
    let count = 0;
    for (const { event, resourceVersion } of this.#entries) {
      if (this.#bytes <= this.#maxBytes * 0.75) break;
      this.#bytes -= event.item.json.length;
      this.#forgotten = resourceVersion;
      count += 1;
    }
    this.#entries = this.#entries.slice(count);
  }
}
