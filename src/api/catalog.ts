import type { Resource } from "./resource.ts";

/** Rows that came and rows that went; a row that was replaced is in both. */
export interface CatalogChange {
  readonly added: readonly Resource[];
  readonly removed: readonly Resource[];
}

/** What a path or a stale row names. */
export type ResourceName = Pick<Resource, "group" | "version" | "plural">;

/** The kinds that are served right now: those of the release, and custom ones that come and go. */
export interface Catalog {
  /** All rows; another array after every change, so that whoever derives from it sees that by identity. */
  readonly resources: readonly Resource[];
  find(name: ResourceName): Resource | undefined;
  /** True where some kind of that group and version is served. */
  serves(group: string, version: string): boolean;
  /** Calls back synchronously after every change. Returns its removal. */
  onChange(listener: (change: CatalogChange) => void): () => void;
}

const keyOf = ({ group, version, plural }: ResourceName): string => `${group}/${version}/${plural}`;

/** A catalog whose owner adds, replaces and removes the rows of custom kinds. */
export class LiveCatalog implements Catalog {
  readonly #builtIn: ReadonlySet<Resource>;
  /** The rows of each custom kind, by its `plural.group`. */
  readonly #custom = new Map<string, readonly Resource[]>();
  readonly #listeners = new Set<(change: CatalogChange) => void>();
  readonly #served = new Map<Resource, AbortController>();
  #rows = new Map<string, Resource>();
  #versions = new Set<string>();
  #resources: readonly Resource[] = [];

  constructor(builtIn: readonly Resource[]) {
    this.#builtIn = new Set(builtIn);
    this.#index();
  }

  get resources(): readonly Resource[] {
    return this.#resources;
  }

  find(name: ResourceName): Resource | undefined {
    return this.#rows.get(keyOf(name));
  }

  serves(group: string, version: string): boolean {
    return this.#versions.has(`${group}/${version}`);
  }

  onChange(listener: (change: CatalogChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * The row that is served now under the address that a row is: whoever holds a row of a custom
   * kind may hold an old one, or one of his own making. Built-in rows are what they are.
   */
  current<T extends Resource>(row: T): T | undefined;
  current(row: Resource): Resource | undefined {
    return this.#builtIn.has(row) ? row : this.find(row);
  }

  /** Aborts when a row of a custom kind is replaced or goes; none for built-in rows. */
  whileServed(row: Resource): AbortSignal | undefined {
    return this.#served.get(row)?.signal;
  }

  /** Sets the rows of one custom kind, one per served version, preferred first; none when it is not served. */
  set(name: string, rows: readonly Resource[]): void {
    const removed = this.#custom.get(name) ?? [];
    if (rows.length === 0 && removed.length === 0) return;
    if (rows.length > 0) this.#custom.set(name, rows);
    else this.#custom.delete(name);
    this.#index();
    for (const row of rows) this.#served.set(row, new AbortController());
    for (const row of removed) {
      this.#served.get(row)?.abort();
      this.#served.delete(row);
    }
    for (const listener of [...this.#listeners]) listener({ added: rows, removed });
  }

  #index(): void {
    const custom = [...this.#custom].sort(([a], [b]) => (a < b ? -1 : 1));
    this.#resources = [...this.#builtIn, ...custom.flatMap(([, rows]) => rows)];
    this.#rows = new Map(this.#resources.map((row) => [keyOf(row), row]));
    this.#versions = new Set(this.#resources.map(({ group, version }) => `${group}/${version}`));
  }
}
