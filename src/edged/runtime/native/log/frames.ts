import type { FileHandle } from "node:fs/promises";

/**
 * How the shim writes what a container says: a header of 16 bytes, little endian, and the bytes as
 * they were read from one pipe. u64 nanoseconds since 1970, u32 length, u8 stream, three bytes of 0.
 */
export interface Frame {
  readonly timeNs: bigint;
  readonly stream: "stdout" | "stderr";
  readonly bytes: Uint8Array;
}

export const FRAME_HEADER_BYTES = 16;
const STDERR = 2;
const CHUNK_BYTES = 256 * 1024;
/** Longer than the shim ever writes: what claims more is no frame. */
const MAX_FRAME_BYTES = 1024 * 1024;

/** Reads the frames of one log file in order; a frame that is not whole yet is read when it is. */
export class FrameReader {
  readonly #file: FileHandle;
  #buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  /** Read, but not yet given out: from `#begin` to `#end` of the buffer. */
  #begin = 0;
  #end = 0;
  #position: number;

  /** Starts at `position`, which is the beginning of a frame. */
  constructor(file: FileHandle, position = 0) {
    this.#file = file;
    this.#position = position;
  }

  /** Where the next frame begins in the file. */
  get position(): number {
    return this.#position - (this.#end - this.#begin);
  }

  /**
   * The next frame; undefined at the end of what is written so far. Its bytes hold until the next call.
   * @throws when the file holds something else than frames.
   */
  async next(): Promise<Frame | undefined> {
    if (!(await this.#have(FRAME_HEADER_BYTES))) return undefined;
    const lengthBytes = this.#buffer.readUInt32LE(this.#begin + 8);
    if (lengthBytes > MAX_FRAME_BYTES) throw new Error("Cannot read the log: it is damaged");
    if (!(await this.#have(FRAME_HEADER_BYTES + lengthBytes))) return undefined;
    const header = this.#begin;
    const body = header + FRAME_HEADER_BYTES;
    this.#begin = body + lengthBytes;
    return {
      timeNs: this.#buffer.readBigUInt64LE(header),
      stream: this.#buffer[header + 12] === STDERR ? "stderr" : "stdout",
      bytes: this.#buffer.subarray(body, this.#begin),
    };
  }

  /** Whether so many bytes are in the buffer, after reading what there is. */
  async #have(wantedBytes: number): Promise<boolean> {
    while (this.#end - this.#begin < wantedBytes) {
      this.#makeRoom(wantedBytes);
      const { bytesRead } = await this.#file.read(
        this.#buffer,
        this.#end,
        this.#buffer.length - this.#end,
        this.#position,
      );
      if (bytesRead === 0) return false;
      this.#end += bytesRead;
      this.#position += bytesRead;
    }
    return true;
  }

  #makeRoom(wantedBytes: number): void {
    if (this.#begin === 0 && wantedBytes <= this.#buffer.length) return;
    const left = this.#buffer.subarray(this.#begin, this.#end);
    const buffer =
      wantedBytes <= this.#buffer.length ? this.#buffer : Buffer.allocUnsafe(wantedBytes * 2);
    left.copy(buffer);
    this.#buffer = buffer;
    this.#begin = 0;
    this.#end = left.length;
  }
}
