import { CONTROL, FLAG_FIN, type Frame, HEAD_BYTES, STREAM_ID, VERSION } from "./frame.ts";
import { SpdyError } from "./spdy-error.ts";

/** Longest control frame that is accepted; data frames may be of any length. */
const MAX_CONTROL_BYTES = 64 * 1024;

const NOTHING = Buffer.alloc(0);

interface DataFrame {
  readonly streamId: number;
  readonly fin: boolean;
  left: number;
}

/** A frame, or a part of one, and how many bytes it took. */
interface Taken {
  readonly frame?: Frame;
  readonly taken: number;
}

const NOTHING_TAKEN: Taken = { taken: 0 };

/**
 * Cuts a byte stream into frames. Keeps at most one unfinished control frame; data is handed on as
 * it arrives, as views of what was pushed.
 */
export class FrameReader {
  #rest: Buffer = NOTHING;
  /** The data frame that bytes belong to, and how many of them are still to come. */
  #data: DataFrame | undefined;

  /**
   * The frames that `bytes` complete. Must be drained before the next push.
   * @throws {SpdyError} when the peer does not speak SPDY/3.1.
   */
  *push(bytes: Uint8Array): Generator<Frame, void, undefined> {
    let rest = this.#rest.length === 0 ? viewOf(bytes) : Buffer.concat([this.#rest, bytes]);
    this.#rest = NOTHING;
    for (;;) {
      const { frame, taken } = this.#data ? this.#takeData(this.#data, rest) : this.#begin(rest);
      if (taken === 0 && !frame) break;
      rest = rest.subarray(taken);
      if (frame) yield frame;
    }
    // A copy: a few leftovers must not keep all of what was pushed.
    this.#rest = Buffer.from(rest);
  }

  #begin(rest: Buffer): Taken {
    if (rest.length < HEAD_BYTES) return NOTHING_TAKEN;
    if (isControl(rest)) {
      const end = HEAD_BYTES + controlLength(rest);
      if (rest.length < end) return NOTHING_TAKEN;
      return { frame: parseControl(rest.subarray(0, end)), taken: end };
    }
    this.#data = {
      streamId: rest.readUInt32BE(0) & STREAM_ID,
      fin: hasFin(rest),
      left: rest.readUIntBE(5, 3),
    };
    return { taken: HEAD_BYTES };
  }

  #takeData(data: DataFrame, rest: Buffer): Taken {
    if (rest.length === 0 && data.left > 0) return NOTHING_TAKEN;
    const bytes = rest.subarray(0, data.left);
    data.left -= bytes.length;
    const done = data.left === 0;
    if (done) this.#data = undefined;
    const frame = { type: "data", streamId: data.streamId, bytes, fin: done && data.fin } as const;
    return { frame, taken: bytes.length };
  }
}

function parseControl(frame: Buffer): Frame {
  const code = frame.readUInt16BE(2);
  const body = frame.subarray(HEAD_BYTES);
  const number = (offset: number): number => {
    if (body.length < offset + 4) throw new SpdyError(`Control frame ${code} is cut short`);
    return body.readUInt32BE(offset);
  };
  const streamId = (): number => number(0) & STREAM_ID;
  const block = (offset: number): Uint8Array => Buffer.from(body.subarray(offset));
  const fin = hasFin(frame);
  switch (code) {
    case CONTROL.synStream:
      number(6);
      return { type: "synStream", streamId: streamId(), block: block(10), fin };
    case CONTROL.synReply:
      return { type: "synReply", streamId: streamId(), block: block(4), fin };
    case CONTROL.headers:
      return { type: "headers", streamId: streamId(), block: block(4), fin };
    case CONTROL.rstStream:
      return { type: "rstStream", streamId: streamId(), status: number(4) };
    case CONTROL.ping:
      return { type: "ping", id: number(0) };
    case CONTROL.goaway:
      return { type: "goaway", lastStreamId: streamId(), status: number(4) };
    default:
      return { type: "other", code };
  }
}

function controlLength(head: Buffer): number {
  const version = head.readUInt16BE(0) & 0x7fff;
  if (version !== VERSION) throw new SpdyError(`SPDY version ${version} is not spoken here`);
  const length = head.readUIntBE(5, 3);
  if (length > MAX_CONTROL_BYTES) throw new SpdyError(`Control frame of ${length} bytes`);
  return length;
}

const isControl = (head: Buffer): boolean => (head.readUInt8(0) & 0x80) !== 0;
const hasFin = (head: Buffer): boolean => (head.readUInt8(4) & FLAG_FIN) !== 0;
const viewOf = (bytes: Uint8Array): Buffer =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
