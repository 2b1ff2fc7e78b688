/** Frames are sent together up to this size. */
const CHUNK_BYTES = 64 * 1024;

/**
 * What one watcher has yet to be sent, bounded in bytes: it is filled by whoever has events and
 * drained at the pace of the client.
 */
export class FrameQueue {
  readonly #maxBytes: number;
  #frames: Uint8Array[] = [];
  #bytes = 0;
  /** The state that a watch begins with may be larger than what may pile up later. */
  #allowance = 0;
  #arrived: (() => void) | undefined;
  #ended = false;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get isEmpty(): boolean {
    return this.#frames.length === 0;
  }

  /** Adds a frame; false when the client is too slow for it. */
  push(frame: Uint8Array): boolean {
    if (this.#ended) return true;
    this.#frames.push(frame);
    this.#bytes += frame.length;
    this.#arrived?.();
    return this.#bytes <= this.#maxBytes + this.#allowance;
  }

  /** Everything pushed so far does not count against the bound. */
  allowBacklog(): void {
    this.#allowance = this.#bytes;
  }

  /** No more frames come; those that are there are still taken. */
  end(): void {
    this.#ended = true;
    this.#arrived?.();
  }

  /** Ends it at once and lets go of what was not taken. */
  discard(): void {
    this.#frames = [];
    this.#bytes = 0;
    this.end();
  }

  /** The next bytes to send, waiting for some; `undefined` at the end. */
  async take(): Promise<Uint8Array | undefined> {
    if (this.#frames.length === 0 && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#arrived = resolve;
      });
      this.#arrived = undefined;
    }
    const taken = this.#takeChunk();
    this.#bytes -= taken.length;
    this.#allowance = Math.max(0, this.#allowance - taken.length);
    return taken.length === 0 ? undefined : taken;
  }

  #takeChunk(): Uint8Array {
    const [first = new Uint8Array()] = this.#frames;
    if (this.#frames.length <= 1) {
      this.#frames = [];
      return first;
    }
    let count = 0;
    for (let size = 0; count < this.#frames.length && size < CHUNK_BYTES; count++) {
      size += this.#frames[count]?.length ?? 0;
    }
    const taken = this.#frames.slice(0, count);
    this.#frames = this.#frames.slice(count);
    return Buffer.concat(taken);
  }
}
