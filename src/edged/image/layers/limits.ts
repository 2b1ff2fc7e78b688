import { statfsSync } from "node:fs";
import { ImageError } from "../image-error.ts";

/** What stays free on the disk, whatever an image holds: the database and the logs live there too. */
const RESERVE_BYTES = 256 * 1024 * 1024;
/** How much may be written before the disk is asked again. */
const ASK_EVERY_BYTES = 16 * 1024 * 1024;
/** Layers and copies of blobs that are written at the same time, at the most: each takes its share of what is free. */
const WRITERS = 8;
/** Of one layer. The largest images that people publish have a third of it. */
const MAX_ENTRIES = 2_000_000;
/** Headers, maps and padding of one layer: 512 bytes for each of its entries, names and attributes. */
const MAX_RAW_BYTES = 2 * 1024 * 1024 * 1024;

export interface UnpackLimitsOptions {
  /** It lies on the disk that is written to. */
  readonly directory: string;
  readonly reserveBytes?: number;
  /** Removes what is there in case only; whether there was anything. */
  readonly makeRoom?: () => boolean;
}

/** Keeps a bomb from filling the disk. */
export class UnpackLimits {
  readonly #directory: string;
  readonly #reserveBytes: number;
  readonly #makeRoom: () => boolean;
  #entries = 0;
  #untilAskedBytes = 0;

  constructor(options: UnpackLimitsOptions) {
    const { directory, reserveBytes = RESERVE_BYTES, makeRoom = () => false } = options;
    this.#directory = directory;
    this.#reserveBytes = reserveBytes;
    this.#makeRoom = makeRoom;
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
    let freeBytes = this.#freeBytes();
    if (freeBytes < bytes && this.#makeRoom()) freeBytes = this.#freeBytes();
    if (freeBytes < bytes) {
      throw new ImageError(
        `no space is left on the disk of ${this.#directory}: ${mib(this.#reserveBytes)} MiB stay free for the site`,
      );
    }
    this.#untilAskedBytes = Math.min(ASK_EVERY_BYTES, (freeBytes - bytes) / WRITERS);
  }

  #freeBytes(): number {
    const { bavail, bsize } = statfsSync(this.#directory);
    return bavail * bsize - this.#reserveBytes;
  }
}

const mib = (bytes: number): number => Math.round(bytes / 1024 / 1024);
