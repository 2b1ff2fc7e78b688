/** What is kept of images between two runs. */
export type ImageRowKind = "image" | "archive" | "pin";

/** A row that is written, or removed where it has no value. */
export interface ImageRowChange {
  readonly kind: ImageRowKind;
  readonly key: string;
  /** JSON */
  readonly value?: string;
}

/** Where the index of images is kept; the database implements it. */
export interface ImageRows {
  list(kind: ImageRowKind): readonly { readonly key: string; readonly value: string }[];
  /** All of the changes or none; durable once it resolves. */
  write(changes: readonly ImageRowChange[]): Promise<void>;
}
