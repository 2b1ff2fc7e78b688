import { mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Digest, hexOf } from "../digest.ts";
import { UnpackLimits } from "../layers/limits.ts";
import { KeptBlob } from "./kept-blob.ts";

/** Smaller ones are fetched again. */
const MIN_BYTES = 1024 * 1024;
/** What nobody asked for in so long nobody will. */
export const KEPT_FOR_MS = 7 * 24 * 3600 * 1000;
/** Of all that lies there when a thread of images begins; the oldest go first. */
const MAX_KEPT_BYTES = 4 * 1024 * 1024 * 1024;

export interface KeptBlobsOptions {
  readonly directory: string;
  readonly reserveBytes?: number;
}

/**
 * What came of blobs whose layers are not there yet, so that the next pull goes on where this one
 * was broken off: by the link, a kill or a power cut. Nothing is synced: while a blob comes faster
 * than the kernel writes (30 s), its copy is gone before it costs the disk a byte, and a power cut
 * takes no more than came in that time.
 */
export class KeptBlobs {
  readonly #options: KeptBlobsOptions;
  readonly #open = new Map<Digest, KeptBlob>();

  constructor(options: KeptBlobsOptions) {
    this.#options = options;
    mkdirSync(options.directory, { recursive: true, mode: 0o700 });
  }

  /** Removes what is too old, or too much. */
  clean(nowMs: number): void {
    const files = readdirSync(this.#options.directory).map((name) => {
      const path = join(this.#options.directory, name);
      const { size, mtimeMs } = statSync(path);
      return { path, size, ageMs: nowMs - mtimeMs };
    });
    let sumBytes = 0;
    for (const { path, size, ageMs } of files.toSorted((a, b) => a.ageMs - b.ageMs)) {
      sumBytes += size;
      if (sumBytes > MAX_KEPT_BYTES || ageMs > KEPT_FOR_MS) rmSync(path, { recursive: true });
    }
  }

  /** The copy of a blob, to be disposed of; undefined where none is made: of small ones, and twice. */
  open({ digest, size }: { readonly digest: Digest; readonly size: number }): KeptBlob | undefined {
    if (size < MIN_BYTES || this.#open.has(digest)) return undefined;
    const path = this.#pathOf(digest);
    const limits = new UnpackLimits(this.#options);
    try {
      const blob = new KeptBlob({ path, limits, onClosed: () => this.#open.delete(digest) });
      this.#open.set(digest, blob);
      return blob;
    } catch {
      return undefined; // a disk that takes no file: the layer will say so, if it matters
    }
  }

  /** Its layer is there, or it is no use for one. */
  forget(digest: Digest): void {
    const blob = this.#open.get(digest);
    if (blob) blob.drop();
    else rmSync(this.#pathOf(digest), { force: true });
  }

  /** Gives up all copies, so that a layer has their room. Whether there were any. */
  makeRoom(): boolean {
    for (const blob of [...this.#open.values()]) blob.drop();
    const names = readdirSync(this.#options.directory);
    for (const name of names) rmSync(join(this.#options.directory, name));
    return names.length > 0;
  }

  #pathOf(digest: Digest): string {
    return join(this.#options.directory, hexOf(digest));
  }
}
