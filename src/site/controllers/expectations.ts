import type { Clock } from "#lib/clock.ts";

interface Expected {
  creations: number;
  readonly deletions: Set<string>;
  readonly sinceMs: number;
}

/** After this long a lost event is assumed, and the cache believed again. */
const EXPIRES_AFTER_MS = 300_000;

/**
 * What a controller did that its cache does not show yet, by key. Until the cache has caught up a
 * count of its children is wrong, and acting on it would create or delete too many (Kubernetes
 * `ControllerExpectations`).
 */
export class Expectations {
  readonly #clock: Clock;
  readonly #expected = new Map<string, Expected>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** True when the cache shows all that was done under `key`. */
  satisfied(key: string): boolean {
    const expected = this.#expected.get(key);
    if (expected === undefined) return true;
    if (expected.creations <= 0 && expected.deletions.size === 0) return true;
    return this.#clock.monotonicMs() - expected.sinceMs > EXPIRES_AFTER_MS;
  }

  /** Call before the work: its events may come before its answers. */
  expect(key: string, { creations = 0, deletions = [] }: ExpectedWork): void {
    const sinceMs = this.#clock.monotonicMs();
    this.#expected.set(key, { creations, deletions: new Set(deletions), sinceMs });
  }

  /** A creation was seen, or failed. */
  created(key: string, count = 1): void {
    const expected = this.#expected.get(key);
    if (expected) expected.creations -= count;
  }

  /** The deletion of `uid` was seen, or failed. */
  deleted(key: string, uid: string): void {
    this.#expected.get(key)?.deletions.delete(uid);
  }

  forget(key: string): void {
    this.#expected.delete(key);
  }
}

interface ExpectedWork {
  readonly creations?: number;
  readonly deletions?: readonly string[];
}
