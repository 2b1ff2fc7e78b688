import { FRAME_HEAD_BYTES, headerBlock, type Literal, readField } from "./hpack.ts";
import { huffmanText } from "./huffman-text.ts";
import { ImpersonationLines } from "./impersonation-lines.ts";
import { isTaken, standIn } from "./stand-in-method.ts";

const PREFACE_BYTES = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".length;
/** The largest frame that the server allows, as it announces no other size. */
const MAX_FRAME_BYTES = 16 * 1024;
const HEADERS = 1;
const RST_STREAM = 3;
const END_HEADERS = 0x04;
/** Pseudo-header fields come first, `:method` is among them. */
const MAX_FIELDS = 6;
/** The entries `:method: GET` and `:method: POST` of the static table; both can lend their name. */
const isMethod = (index: number): boolean => index === 2 || index === 3;

/** Whoever wants to know of a client's streams. */
interface Streams {
  /** A whole head was sent: of a request, or what comes behind its body. */
  requested(stream: number): void;
  /** The client ends it before its answer is over. */
  gaveUp(stream: number): void;
}

/**
 * Looks through what an HTTP/2 client sends for methods that the server would refuse and writes
 * others over them (`standIn`). It keeps no header table: it only ever steps over fields, and the
 * method that it writes has the length of the one that was sent, so that the tables of client and
 * server, whose bounds are in bytes, stay the same.
 */
export class Http2Methods {
  readonly #streams: Streams | undefined;
  /** Bytes to pass before the next frame begins. */
  #skip = PREFACE_BYTES;
  /** A frame of which not enough is there yet. */
  #held: Buffer | undefined;
  readonly #lines = new ImpersonationLines();

  constructor(streams?: Streams) {
    this.#streams = streams;
  }

  /** What to send on for what was received; nothing but a cut-off frame of headers is held back. */
  pass(received: Buffer): Buffer {
    const bytes = this.#held ? Buffer.concat([this.#held, received]) : received;
    this.#held = undefined;
    let at = this.#skip;
    let sent = 0;
    let pieces: Buffer[] | undefined;
    while (at + FRAME_HEAD_BYTES <= bytes.length) {
      const length = bytes.readUIntBE(at, 3);
      const end = at + FRAME_HEAD_BYTES + length;
      if (bytes[at + 3] === HEADERS && length <= MAX_FRAME_BYTES) {
        if (end > bytes.length) break;
        const frame = bytes.subarray(at, end);
        const known = withKnownMethod(frame);
        const changed = this.#lines.marked(known ?? frame) ?? known;
        if (changed) {
          pieces ??= [];
          pieces.push(bytes.subarray(sent, at), changed);
          sent = end;
        }
      }
      this.#note(bytes, at);
      at = end;
    }
    const whole = Math.min(at, bytes.length);
    this.#skip = at - whole;
    if (whole < bytes.length) this.#held = bytes.subarray(whole);
    const rest = bytes.subarray(sent, whole);
    return pieces ? Buffer.concat([...pieces, rest]) : rest;
  }

  #note(bytes: Buffer, at: number): void {
    const [type, flags = 0] = [bytes[at + 3], bytes[at + 4]];
    if (type === RST_STREAM) this.#streams?.gaveUp(bytes.readUInt32BE(at + 5));
    const isRequest = type === HEADERS && (flags & END_HEADERS) !== 0;
    if (isRequest) this.#streams?.requested(bytes.readUInt32BE(at + 5));
  }
}

/** A HEADERS frame with a method that the server takes; `undefined` when it has one already. */
function withKnownMethod(frame: Buffer): Buffer | undefined {
  const found = methodOf(frame);
  if (!found) return undefined;
  const { start, text, end, huffman } = found;
  const method = huffman
    ? huffmanText(frame.subarray(text, end))
    : frame.toString("latin1", text, end);
  if (method === undefined || isTaken(method)) return undefined;
  const other = standIn(method.length);
  if (other === undefined) return undefined;
  const literal = Buffer.from(`${String.fromCharCode(other.length)}${other}`, "latin1");
  const changed = Buffer.concat([frame.subarray(0, start), literal, frame.subarray(end)]);
  const length = changed.length - FRAME_HEAD_BYTES;
  changed.writeUIntBE(length, 0, 3);
  return length > MAX_FRAME_BYTES ? undefined : changed;
}

/** The method of a request where it is written out; `undefined` where it is an index into a table. */
function methodOf(frame: Buffer): Literal | undefined {
  let at = headerBlock(frame).start;
  for (let count = 0; count < MAX_FIELDS && at < frame.length; count += 1) {
    const field = readField(frame, at);
    if (!field || isMethod(field.index)) return field?.value;
    at = field.end;
  }
  return undefined;
}
