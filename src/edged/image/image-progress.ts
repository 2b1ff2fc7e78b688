/** How far a transfer is; each tells all of one part. */
export interface ImageProgress {
  /** The first twelve digits of a layer's digest, or the name of what is read. */
  readonly part: string;
  readonly state: "waiting" | "transferring" | "present" | "done";
  readonly doneBytes: number;
  /** 0 while it is not known. */
  readonly totalBytes: number;
}
