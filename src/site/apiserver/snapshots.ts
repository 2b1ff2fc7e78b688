import type { Item } from "#api/item.ts";
import type { Clock } from "#lib/clock.ts";
import type { Timer } from "#lib/timer.ts";

/** How long a list may be continued; etcd's default compaction interval. */
export const SNAPSHOT_LIFE_MS = 5 * 60_000;
const MAX_SNAPSHOTS = 64;

export interface SnapshotKey {
  readonly collection: string;
  readonly resourceVersion: number;
}

interface Held {
  readonly items: readonly Item[];
  readonly untilMs: number;
}

/**
 * The states that paged lists are read from: arrays of references, kept for five minutes and at
 * most 64 at a time, the oldest goes first. No timer runs while there are none.
 */
export class Snapshots {
  readonly #clock: Clock;
  readonly #timer: Timer;
  readonly #held = new Map<string, Held>();
  #cancel: (() => void) | undefined;

  constructor({ clock, timer }: { clock: Clock; timer: Timer }) {
    this.#clock = clock;
    this.#timer = timer;
  }

  get size(): number {
    return this.#held.size;
  }

  hold(key: SnapshotKey, items: readonly Item[]): void {
    const name = nameOf(key);
    if (this.#held.has(name)) return;
    const [oldest] = this.#held.keys();
    if (oldest !== undefined && this.#held.size >= MAX_SNAPSHOTS) this.#held.delete(oldest);
    this.#held.set(name, { items, untilMs: this.#clock.monotonicMs() + SNAPSHOT_LIFE_MS });
    this.#cancel ??= this.#timer.after(SNAPSHOT_LIFE_MS, () => this.#sweep());
  }

  find(key: SnapshotKey): readonly Item[] | undefined {
    const held = this.#held.get(nameOf(key));
    return held && held.untilMs > this.#clock.monotonicMs() ? held.items : undefined;
  }

  /** Lets go of everything. */
  close(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#held.clear();
  }

  /** Oldest first, so the first that lives on says when to come back. */
  #sweep(): void {
    this.#cancel = undefined;
    const nowMs = this.#clock.monotonicMs();
    for (const [name, { untilMs }] of this.#held) {
      if (untilMs > nowMs) {
        this.#cancel = this.#timer.after(untilMs - nowMs, () => this.#sweep());
        return;
      }
      this.#held.delete(name);
    }
  }
}

const nameOf = ({ collection, resourceVersion }: SnapshotKey): string =>
  `${collection} ${resourceVersion}`;
