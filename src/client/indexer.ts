import { must } from "#lib/errors.ts";

interface Index<T> {
  readonly values: (object: T) => readonly string[];
  readonly buckets: Map<string, Map<string, T>>;
}

/** A keyed set of objects with secondary indices (client-go `tools/cache.ThreadSafeStore`). */
export class Indexer<T> {
  readonly #objects = new Map<string, T>();
  readonly #indices = new Map<string, Index<T>>();

  get(key: string): T | undefined {
    return this.#objects.get(key);
  }

  all(): readonly T[] {
    return [...this.#objects.values()];
  }

  /** @throws {TypeError} when no such index was added. */
  byIndex(index: string, value: string): readonly T[] {
    const { buckets } = must(this.#indices.get(index), `an index named ${index}`);
    return [...(buckets.get(value)?.values() ?? [])];
  }

  /** Adding a name a second time keeps the first index: callers share it and must mean the same. */
  addIndex(name: string, values: (object: T) => readonly string[]): void {
    if (this.#indices.has(name)) return;
    const index = { values, buckets: new Map<string, Map<string, T>>() };
    this.#indices.set(name, index);
    for (const [key, object] of this.#objects) insert(index, key, object);
  }

  /** Returns what was there before. */
  put(key: string, object: T): T | undefined {
    const previous = this.remove(key);
    this.#objects.set(key, object);
    for (const index of this.#indices.values()) insert(index, key, object);
    return previous;
  }

  /** Returns what was there. */
  remove(key: string): T | undefined {
    const object = this.#objects.get(key);
    if (object === undefined) return undefined;
    this.#objects.delete(key);
    for (const index of this.#indices.values()) withdraw(index, key, object);
    return object;
  }
}

function insert<T>({ values, buckets }: Index<T>, key: string, object: T): void {
  for (const value of values(object)) {
    const bucket = buckets.get(value) ?? new Map<string, T>();
    bucket.set(key, object);
    buckets.set(value, bucket);
  }
}

function withdraw<T>({ values, buckets }: Index<T>, key: string, object: T): void {
  for (const value of values(object)) {
    const bucket = buckets.get(value);
    bucket?.delete(key);
    if (bucket?.size === 0) buckets.delete(value);
  }
}
