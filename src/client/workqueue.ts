import { Backoff } from "#lib/backoff.ts";
import type { Clock } from "#lib/clock.ts";
import { systemTimer, type Timer } from "#lib/timer.ts";

export interface WorkQueueOptions {
  readonly clock: Clock;
  /** Rings when a delayed key is due; the system's by default. */
  readonly timer?: Timer;
  /** First delay of a key that failed; doubled at each further failure. Default 5 ms. */
  readonly retryInitialMs?: number;
  /** Longest delay of a key that fails. Default 1,000 s, as client-go's. */
  readonly retryMaxMs?: number;
  /** Told what happens; costs a little per key. */
  readonly observer?: QueueObserver;
}

/** Learns how a queue does. */
export interface QueueObserver {
  /** The queue that it is about, once. */
  watch(queue: { readonly size: number }): void;
  added(): void;
  /** A key was taken, after it had waited. */
  taken(waitedMs: number): void;
  done(workedMs: number): void;
  retried(): void;
}

/**
 * The keys that wait to be reconciled, with the promises of client-go `util/workqueue`: fair (in
 * order of arrival), stingy (a key that is added many times is worked on once), never the same key
 * by two workers at once, added again while worked on means worked on again after. Its size is
 * bounded by the number of objects: a key is in it at most once.
 */
export class WorkQueue {
  readonly #clock: Clock;
  readonly #timer: Timer;
  readonly #retryInitialMs: number;
  readonly #retryMaxMs: number;
  readonly #observer: QueueObserver | undefined;
  /** Key → monotonic time at which it was added, or taken; only where somebody observes. */
  readonly #sinceMs = new Map<string, number>();
  readonly #waiting = new Set<string>();
  /** Keys to be worked on: those that wait, and those added again while worked on. */
  readonly #dirty = new Set<string>();
  readonly #processing = new Set<string>();
  readonly #takers = new Set<(key: string | undefined) => void>();
  readonly #retries = new Map<string, { count: number; readonly backoff: Backoff }>();
  /** Key → monotonic time at which it is added. */
  readonly #delayed = new Map<string, number>();
  #alarm: { readonly atMs: number; readonly cancel: () => void } | undefined;
  #closed = false;

  constructor(options: WorkQueueOptions) {
    this.#clock = options.clock;
    this.#timer = options.timer ?? systemTimer;
    this.#retryInitialMs = options.retryInitialMs ?? 5;
    this.#retryMaxMs = options.retryMaxMs ?? 1_000_000;
    this.#observer = options.observer;
    this.#observer?.watch(this);
  }

  /** Keys that wait for a worker, without the delayed ones. */
  get size(): number {
    return this.#waiting.size;
  }

  /** Keys that were added for later. */
  get delayed(): number {
    return this.#delayed.size;
  }

  add(key: string): void {
    if (this.#closed || this.#dirty.has(key)) return;
    this.#dirty.add(key);
    this.#observer?.added();
    if (!this.#processing.has(key)) this.#offer(key);
  }

  /** Adds the key in `delayMs`; the earlier of two such wishes counts. */
  addAfter(key: string, delayMs: number): void {
    if (this.#closed) return;
    if (delayMs <= 0) {
      this.add(key);
      return;
    }
    const atMs = this.#clock.monotonicMs() + delayMs;
    if ((this.#delayed.get(key) ?? Number.POSITIVE_INFINITY) <= atMs) return;
    this.#delayed.set(key, atMs);
    this.#arm(atMs);
  }

  /** Adds the key after a delay that doubles each time until `forget`. */
  addRateLimited(key: string): void {
    const retry = this.#retries.get(key) ?? {
      count: 0,
      backoff: new Backoff({ initialMs: this.#retryInitialMs, maxMs: this.#retryMaxMs }),
    };
    retry.count += 1;
    this.#observer?.retried();
    this.#retries.set(key, retry);
    this.addAfter(key, retry.backoff.next());
  }

  /** The key did well: its next failure starts over at the first delay. */
  forget(key: string): void {
    this.#retries.delete(key);
  }

  /** How often the key was added rate limited since it was last forgotten. */
  retries(key: string): number {
    return this.#retries.get(key)?.count ?? 0;
  }

  /** Takes the oldest key, waiting for one; `undefined` once the queue is shut down and empty. */
  take(): Promise<string | undefined> {
    const [key] = this.#waiting;
    if (key !== undefined) {
      this.#waiting.delete(key);
      return Promise.resolve(this.#begin(key));
    }
    if (this.#closed) return Promise.resolve(undefined);
    return new Promise((resolve) => this.#takers.add(resolve));
  }

  /** Must follow every `take`, however the work went. */
  done(key: string): void {
    this.#processing.delete(key);
    if (this.#observer) this.#observer.done(this.#took(key));
    if (this.#dirty.has(key)) this.#offer(key);
  }

  /** Takes no more keys, drops delayed ones, and lets takers go once the rest is taken. */
  shutDown(): void {
    this.#closed = true;
    this.#alarm?.cancel();
    this.#alarm = undefined;
    this.#delayed.clear();
    for (const take of this.#takers) take(undefined);
    this.#takers.clear();
  }

  /** How long ago the key was last stamped. */
  #took(key: string): number {
    const nowMs = this.#clock.monotonicMs();
    const sinceMs = this.#sinceMs.get(key) ?? nowMs;
    this.#sinceMs.delete(key);
    return nowMs - sinceMs;
  }

  #offer(key: string): void {
    if (this.#observer) this.#sinceMs.set(key, this.#clock.monotonicMs());
    const [take] = this.#takers;
    if (take === undefined) {
      this.#waiting.add(key);
      return;
    }
    this.#takers.delete(take);
    take(this.#begin(key));
  }

  #begin(key: string): string {
    this.#dirty.delete(key);
    this.#processing.add(key);
    if (this.#observer) {
      this.#observer.taken(this.#took(key));
      this.#sinceMs.set(key, this.#clock.monotonicMs());
    }
    return key;
  }

  /** Keeps one alarm, for the earliest delayed key. */
  #arm(atMs: number): void {
    if (this.#alarm && this.#alarm.atMs <= atMs) return;
    this.#alarm?.cancel();
    const cancel = this.#timer.after(atMs - this.#clock.monotonicMs(), () => this.#ring());
    this.#alarm = { atMs, cancel };
  }

  #ring(): void {
    this.#alarm = undefined;
    const nowMs = this.#clock.monotonicMs();
    let nextMs = Number.POSITIVE_INFINITY;
    for (const [key, atMs] of this.#delayed) {
      if (atMs <= nowMs) {
        this.#delayed.delete(key);
        this.add(key);
      } else {
        nextMs = Math.min(nextMs, atMs);
      }
    }
    if (nextMs !== Number.POSITIVE_INFINITY) this.#arm(nextMs);
  }
}
