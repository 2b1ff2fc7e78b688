import { closeSync, fstatSync, ftruncateSync, openSync, read, rmSync } from "node:fs";
import { promisify } from "node:util";
import type { UnpackLimits } from "../layers/limits.ts";
import { writeAll } from "../layers/write-all.ts";

const readFile = promisify(read);
/** What is lost of a transfer that breaks off is less than a piece. */
const PIECE_BYTES = 256 * 1024;
const SUM_BYTES = 8;
const FRAME_BYTES = PIECE_BYTES + SUM_BYTES;

export interface KeptBlobOptions {
  readonly path: string;
  readonly limits: UnpackLimits;
  /** It is closed. */
  readonly onClosed: () => void;
}

/**
 * What came of one blob so far, in a file of pieces that are each followed by a checksum: after a
 * power cut a piece counts if it is as it was written, whatever the disk made of the others. A copy
 * that cannot be written is given up, and nothing else fails for it.
 */
export class KeptBlob implements Disposable {
  readonly #options: KeptBlobOptions;
  readonly #piece = Buffer.allocUnsafe(PIECE_BYTES);
  #pieceBytes = 0;
  /** Absent once it is closed or given up. */
  #descriptor: number | undefined;

  /** Opens what is there, or begins. */
  constructor(options: KeptBlobOptions) {
    this.#options = options;
    this.#descriptor = openSync(options.path, "a+", 0o600);
  }

  /** The bytes that are there, until the first piece that is not as it was written; that and all behind it go. */
  async *bytes(signal: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
    if (this.#descriptor === undefined) return;
    // One of its own: whoever reads may go on when the copy is given up.
    const descriptor = openSync(this.#options.path, "r+");
    try {
      let at = 0;
      for (;;) {
        signal.throwIfAborted();
        const frame = Buffer.allocUnsafe(FRAME_BYTES);
        const { bytesRead } = await readFile(descriptor, frame, 0, FRAME_BYTES, at);
        const piece = frame.subarray(0, Math.max(0, bytesRead - SUM_BYTES));
        if (piece.length === 0 || frame.readBigUInt64LE(piece.length) !== sumOf(piece)) break;
        yield piece;
        at += bytesRead;
      }
      if (fstatSync(descriptor).size > at) ftruncateSync(descriptor, at);
    } finally {
      closeSync(descriptor);
    }
  }

  /** Adds what came. */
  add(bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; ) {
      const part = bytes.subarray(done, done + PIECE_BYTES - this.#pieceBytes);
      this.#piece.set(part, this.#pieceBytes);
      this.#pieceBytes += part.length;
      done += part.length;
      if (this.#pieceBytes === PIECE_BYTES) this.#write();
    }
  }

  /** All bytes were added: whether they can be had from here. */
  end(): boolean {
    if (this.#pieceBytes > 0) this.#write();
    return this.#descriptor !== undefined;
  }

  /** Begins anew. */
  clear(): void {
    this.#pieceBytes = 0;
    if (this.#descriptor !== undefined) ftruncateSync(this.#descriptor, 0);
  }

  /** Removes it, now and for good. */
  drop(): void {
    rmSync(this.#options.path, { force: true });
    this[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    if (this.#descriptor === undefined) return;
    closeSync(this.#descriptor);
    this.#descriptor = undefined;
    this.#options.onClosed();
  }

  #write(): void {
    const piece = this.#piece.subarray(0, this.#pieceBytes);
    this.#pieceBytes = 0;
    if (this.#descriptor === undefined) return;
    const sum = Buffer.alloc(SUM_BYTES);
    sum.writeBigUInt64LE(sumOf(piece));
    try {
      this.#options.limits.countBytes(FRAME_BYTES);
      writeAll(this.#descriptor, piece);
      writeAll(this.#descriptor, sum);
    } catch {
      this.drop(); // a full disk is for layers first
    }
  }
}

/** Against a disk that lost bytes, not against an enemy: the blob's own digest is checked in the end. */
function sumOf(piece: Uint8Array): bigint {
  return BigInt.asUintN(64, BigInt(Bun.hash.xxHash64(piece)));
}
