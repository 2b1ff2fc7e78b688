import type { GroupCommit } from "./group-commit.ts";
import type { Contents } from "./operation.ts";

/** A row may wait this long for a commit to go along with. */
const RIDE_MS = 1000;

interface MetaRow {
  readonly key: string;
  readonly type: string;
  readonly value: string;
}

/** The meta store: in memory, on disk with the next group commit. Nobody waits for it. */
export class MetaRows {
  readonly #commits: GroupCommit;
  readonly #rows = new Map<string, MetaRow>();
  readonly #encoder = new TextEncoder();

  constructor(commits: GroupCommit, contents: Contents["meta"]) {
    this.#commits = commits;
    const decoder = new TextDecoder();
    for (const { key, type, value } of contents) {
      this.#rows.set(key, { key, type, value: decoder.decode(value) });
    }
  }

  get(key: string): MetaRow | undefined {
    return this.#rows.get(key);
  }

  list(type: string): readonly MetaRow[] {
    return [...this.#rows.values()].filter((row) => row.type === type);
  }

  /** A row that is the same already is not written. */
  put(row: MetaRow): void {
    const current = this.#rows.get(row.key);
    if (current?.value === row.value && current.type === row.type) return;
    this.#rows.set(row.key, row);
    const value = this.#encoder.encode(row.value);
    this.#commits.ride({
      operation: { kind: "putMeta", key: row.key, type: row.type, value },
      withinMs: RIDE_MS,
    });
  }

  delete(key: string): void {
    if (!this.#rows.delete(key)) return;
    this.#commits.ride({ operation: { kind: "removeMeta", key }, withinMs: RIDE_MS });
  }
}
