import type { ObjectReference } from "#api/object.ts";
import type { Clock } from "#lib/clock.ts";

/** What happened, to what. */
export interface Happening {
  readonly object: ObjectReference;
  readonly type: "Normal" | "Warning";
  /** UpperCamelCase, for machines: `FailedScheduling`. */
  readonly reason: string;
  /** For people. */
  readonly message: string;
}

/** An event that was written before and may be written again with a higher count. */
export interface Series {
  name: string;
  count: number;
  readonly firstTimestamp: Date;
}

export interface Correlated {
  readonly message: string;
  readonly series: Series;
}

interface Group {
  readonly messages: Set<string>;
  lastMs: number;
}

interface Bucket {
  tokens: number;
  refilledMs: number;
}

/** client-go `tools/record/events_cache.go`. */
const CACHE_SIZE = 4096;
const MAX_SIMILAR = 10;
const SIMILAR_WITHIN_MS = 600_000;
const SPAM_BURST = 25;
const SPAM_REFILL_MS = 300_000;

/**
 * Decides what becomes of a happening, as client-go's EventCorrelator: the same one again raises
 * a count, the eleventh that differs only in its message within ten minutes is combined with
 * those before, and an object that never stops is silenced to one event in five minutes.
 */
export class EventCorrelator {
  readonly #clock: Clock;
  readonly #groups = new Map<string, Group>();
  readonly #series = new Map<string, Series>();
  readonly #buckets = new Map<string, Bucket>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `undefined`: to be dropped. */
  correlate(happening: Happening): Correlated | undefined {
    const { object, type, reason, message } = happening;
    const subject = JSON.stringify([
      object.kind,
      object.namespace,
      object.name,
      object.uid,
      object.fieldPath,
    ]);
    const group = JSON.stringify([subject, type, reason]);
    const combined = this.#isSimilar(group, message);
    const text = combined ? `(combined from similar events): ${message}` : message;
    const key = combined ? group : JSON.stringify([group, message]);
    if (!this.#mayPass(subject)) return undefined;
    const series = recall(this.#series, key, () => ({
      name: "",
      count: 0,
      firstTimestamp: this.#clock.now(),
    }));
    series.count += 1;
    return { message: text, series };
  }

  #isSimilar(key: string, message: string): boolean {
    const nowMs = this.#clock.monotonicMs();
    const group = recall(this.#groups, key, () => ({ messages: new Set<string>(), lastMs: nowMs }));
    if (nowMs - group.lastMs > SIMILAR_WITHIN_MS) group.messages.clear();
    group.lastMs = nowMs;
    if (group.messages.has(message)) return false;
    if (group.messages.size >= MAX_SIMILAR - 1) return true;
    group.messages.add(message);
    return false;
  }

  #mayPass(key: string): boolean {
    const nowMs = this.#clock.monotonicMs();
    const bucket = recall(this.#buckets, key, () => ({ tokens: SPAM_BURST, refilledMs: nowMs }));
    const refill = (nowMs - bucket.refilledMs) / SPAM_REFILL_MS;
    bucket.tokens = Math.min(SPAM_BURST, bucket.tokens + refill);
    bucket.refilledMs = nowMs;
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }
}

/** What `cache` holds under `key`, made where absent; the least recently used gives way. */
function recall<V>(cache: Map<string, V>, key: string, make: () => V): V {
  const value = cache.get(key) ?? make();
  cache.delete(key);
  cache.set(key, value);
  const [oldest] = cache.keys();
  if (cache.size > CACHE_SIZE && oldest !== undefined) cache.delete(oldest);
  return value;
}
