import type { Clock } from "#lib/clock.ts";

/** Calls back for keys whose time is up. One timer, and only while there are keys. */
export class Expiry<K> {
  readonly #clock: Clock;
  readonly #onExpired: (key: K) => void;
  readonly #deadlines = new Map<K, number>();
  #timer: NodeJS.Timeout | undefined;
  #timerAtMs = Number.POSITIVE_INFINITY;

  constructor(clock: Clock, onExpired: (key: K) => void) {
    this.#clock = clock;
    this.#onExpired = onExpired;
  }

  /** Starts the time of `key` anew, or ends it where `ttlMs` is undefined. */
  set(key: K, ttlMs: number | undefined): void {
    this.#deadlines.delete(key);
    if (ttlMs === undefined) return;
    const atMs = this.#clock.monotonicMs() + ttlMs;
    this.#deadlines.set(key, atMs);
    this.#arm(atMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#timerAtMs = Number.POSITIVE_INFINITY;
    this.#deadlines.clear();
  }

  #arm(atMs: number): void {
    if (atMs >= this.#timerAtMs) return;
    clearTimeout(this.#timer);
    this.#timerAtMs = atMs;
    const delayMs = Math.max(0, Math.ceil(atMs - this.#clock.monotonicMs()));
    this.#timer = setTimeout(() => this.#sweep(), delayMs);
    this.#timer.unref();
  }

  #sweep(): void {
    this.#timerAtMs = Number.POSITIVE_INFINITY;
    const nowMs = this.#clock.monotonicMs();
    let earliestMs = Number.POSITIVE_INFINITY;
    for (const [key, atMs] of this.#deadlines) {
      if (atMs > nowMs) {
        earliestMs = Math.min(earliestMs, atMs);
      } else {
        this.#deadlines.delete(key);
        this.#onExpired(key);
      }
    }
    if (Number.isFinite(earliestMs)) this.#arm(earliestMs);
  }
}
