import type { ImageRowChange, ImageRowKind, ImageRows } from "#edged/image/store/image-rows.ts";

/** The index of images without a database. */
export class MemoryImageRows implements ImageRows {
  readonly #rows = new Map<string, ImageRowChange & { readonly value: string }>();

  list(kind: ImageRowKind): readonly { readonly key: string; readonly value: string }[] {
    return [...this.#rows.values()].filter((row) => row.kind === kind);
  }

  async write(changes: readonly ImageRowChange[]): Promise<void> {
    for (const { kind, key, value } of changes) {
      if (value === undefined) this.#rows.delete(`${kind} ${key}`);
      else this.#rows.set(`${kind} ${key}`, { kind, key, value });
    }
  }
}
