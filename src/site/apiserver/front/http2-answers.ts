import { MARK } from "./head-first.ts";
import { FRAME_HEAD_BYTES } from "./hpack.ts";

const DATA = 0;
const HEADERS = 1;
const RST_STREAM = 3;
const END_STREAM = 0x01;
const PADDED = 0x08;
/** More streams than are open at a time: what is older was given up before it had a body. */
const MOST_STREAMS = 1024;

/**
 * Looks through what an HTTP/2 server sends for bodies that begin with the mark, and makes padding
 * of it (RFC 9113, 6.1): frames keep their length, so that client and server go on to count the
 * same bytes.
 */
export class Http2Answers {
  /** Bytes to pass before the next frame begins. */
  #skip = 0;
  /** A frame of which not enough is there yet. */
  #held: Buffer | undefined;
  /** How much of the mark was seen, of streams that may go on with it. */
  readonly #seen = new Map<number, number>();
  /** Streams whose bodies began with the mark, and go on. */
  readonly #long = new Set<number>();

  /** Streams whose requests have no answer yet, and the newest of all. */
  readonly #waiting = new Set<number>();
  #newest = 0;

  /** True while a request waits for its answer, or there is one that may be quiet for long. */
  get isLong(): boolean {
    return this.#long.size > 0 || this.#waiting.size > 0;
  }

  /** The client sent a head: that of a request, if the stream is new. */
  requested(stream: number): void {
    if (stream <= this.#newest) return;
    this.#newest = stream;
    this.#waiting.add(stream);
  }

  /** The client gave a stream up: no more comes of it. */
  gaveUp(stream: number): void {
    this.#waiting.delete(stream);
    this.#seen.delete(stream);
    this.#long.delete(stream);
  }

  /** The client sent something; answers are told apart by their frames. */
  asked(): void {}

  /** What to send on for what was received; nothing but the beginning of a frame is held back. */
  pass(received: Buffer): Buffer {
    const bytes = this.#held ? Buffer.concat([this.#held, received]) : received;
    this.#held = undefined;
    let at = this.#skip;
    while (at + FRAME_HEAD_BYTES <= bytes.length) {
      const end = at + FRAME_HEAD_BYTES + bytes.readUIntBE(at, 3);
      if (!this.#follow(bytes.subarray(at, end), end - at)) break;
      at = end;
    }
    const whole = Math.min(at, bytes.length);
    this.#skip = at - whole;
    if (whole < bytes.length) this.#held = bytes.subarray(whole);
    return bytes.subarray(0, whole);
  }

  /** Takes note of a frame; false where not enough of it is there. */
  #follow(frame: Buffer, lengthBytes: number): boolean {
    const [type, flags = 0, stream] = [frame[3], frame[4], frame.readUInt32BE(5)];
    const isLast = (flags & END_STREAM) !== 0;
    if (type === RST_STREAM) this.gaveUp(stream);
    else if (type === HEADERS) this.#answered(stream, isLast);
    else if (type === DATA && isLast) this.#long.delete(stream);
    if (type !== DATA) return true;
    const seen = this.#seen.get(stream);
    if (seen === undefined) return true;
    const count = Math.min(lengthBytes - FRAME_HEAD_BYTES, MARK.length - seen);
    const there = frame.subarray(FRAME_HEAD_BYTES, FRAME_HEAD_BYTES + count);
    const isMark = there.equals(MARK.subarray(seen, seen + there.length));
    if (isMark && frame.length < lengthBytes) return false;
    if (isMark && count > 0) pad(frame, count);
    if (isMark && !isLast && seen + count < MARK.length) {
      this.#seen.set(stream, seen + count);
      return true;
    }
    this.#seen.delete(stream);
    if (isMark && !isLast) this.#long.add(stream);
    return true;
  }

  #answered(stream: number, isLast: boolean): void {
    this.#waiting.delete(stream);
    if (isLast) return;
    this.#seen.set(stream, 0);
    const [oldest] = this.#seen.size > MOST_STREAMS ? this.#seen.keys() : [];
    if (oldest !== undefined) this.#seen.delete(oldest);
  }
}

/** Makes padding of the first bytes of a frame: their count goes first, and they go last. */
function pad(frame: Buffer, count: number): void {
  frame[4] = (frame[4] ?? 0) | PADDED;
  frame[FRAME_HEAD_BYTES] = count - 1;
  frame.copyWithin(FRAME_HEAD_BYTES + 1, FRAME_HEAD_BYTES + count);
  frame.fill(0, frame.length - (count - 1));
}
