import type { MetaRow, MetaStore } from "#meta/meta-store.ts";

/** The meta store's contract in memory, for tests; counts writes. */
export class MemoryMetaStore implements MetaStore {
  readonly #rows = new Map<string, MetaRow>();
  writes = 0;

  get keys(): string[] {
    return [...this.#rows.keys()].sort();
  }

  get(key: string): MetaRow | undefined {
    return this.#rows.get(key);
  }

  list(type: string): readonly MetaRow[] {
    return [...this.#rows.values()].filter((row) => row.type === type);
  }

  put(row: MetaRow): void {
    this.writes += 1;
    this.#rows.set(row.key, row);
  }

  delete(key: string): void {
    this.writes += 1;
    this.#rows.delete(key);
  }
}
