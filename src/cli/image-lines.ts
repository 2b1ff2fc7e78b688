/** How far a part of a transfer is, as the site tells it. */
export interface TransferProgress {
  readonly part: string;
  readonly state: "waiting" | "transferring" | "present" | "done";
  readonly doneBytes: number;
  /** 0 while it is not known. */
  readonly totalBytes: number;
}

/** What the site tells while it gets images: the last line says how it ended. */
export type ImageLine =
  | { readonly progress: TransferProgress }
  /** Names or IDs of the images. */
  | { readonly done: readonly string[] }
  | { readonly failed: string };

/** An image of the site. */
export interface ImageRow {
  readonly id: string;
  readonly names: readonly string[];
  readonly sizeBytes: number;
  readonly pinned: boolean;
}
