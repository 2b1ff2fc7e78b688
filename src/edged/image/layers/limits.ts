import { statfsSync } from "node:fs";
import { ImageError } from "../image-error.ts";

/** What stays free on the disk, whatever an image holds: the database and the logs live there too. */
const RESERVE_BYTES = 256 * 1024 * 1024;
/** How much may be written before the disk is asked again. */
const ASK_EVERY_BYTES = 16 * 1024 * 1024;
/** Of one layer. The largest images that people publish have a third of it. */
const MAX_ENTRIES = 2_000_000;
/** Headers, maps and padding of one layer: 512 bytes for each of its entries, names and attributes. */
const MAX_RAW_BYTES = 2 * 1024 * 1024 * 1024;

/** Keeps a bomb from filling the disk. */
export class UnpackLimits {
  readonly #directory: string;
  readonly #reserveBytes: number;
  #entries = 0;
  #untilAskedBytes = 0;

  /** `directory` lies on the disk that is written to. */
  constructor(directory: string, reserveBytes: number = RESERVE_BYTES) {
    this.#directory = directory;
    this.#reserveBytes = reserveBytes;
  }

  /** @throws {ImageError} */
  countEntry(): void {
    this.#entries += 1;
    if (this.#entries > MAX_ENTRIES)
      throw new ImageError(`it has more than ${MAX_ENTRIES} entries`);
  }

  /** @throws {ImageError} */
  checkRaw(rawBytes: number): void {
    if (rawBytes <= MAX_RAW_BYTES) return;
    throw new ImageError(`its headers take more than ${MAX_RAW_BYTES} bytes`);
  }

  /** To be called before bytes are written. @throws {ImageError} when the disk has no room for them. */
  countBytes(bytes: number): void {
    this.#untilAskedBytes -= bytes;
    if (this.#untilAskedBytes > 0) return;
    const { bavail, bsize } = statfsSync(this.#directory);
    const freeBytes = bavail * bsize - this.#reserveBytes;
    if (freeBytes < bytes) {
      throw new ImageError(
        `no space is left on the disk of ${this.#directory}: ${mib(this.#reserveBytes)} MiB stay free for the site`,
      );
    }
    this.#untilAskedBytes = Math.min(ASK_EVERY_BYTES, freeBytes - bytes);
  }
}

const mib = (bytes: number): number => Math.round(bytes / 1024 / 1024);
