import { huffmanText } from "./huffman-text.ts";
import { isTaken, standIn } from "./stand-in-method.ts";

const PREFACE_BYTES = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".length;
const FRAME_HEAD_BYTES = 9;
/** The largest frame that the server allows, as it announces no other size. */
const MAX_FRAME_BYTES = 16 * 1024;
const HEADERS = 1;
const PADDED = 0x08;
const PRIORITY = 0x20;
const PRIORITY_BYTES = 5;
/** Pseudo-header fields come first, `:method` is among them. */
const MAX_FIELDS = 6;
/** The entries `:method: GET` and `:method: POST` of the static table; both can lend their name. */
const isMethod = (index: number): boolean => index === 2 || index === 3;

/** Where a string of a header block lies. */
interface Literal {
  /** Of its length prefix. */
  readonly start: number;
  readonly text: number;
  readonly end: number;
  readonly huffman: boolean;
}

/**
 * Looks through what an HTTP/2 client sends for methods that the server would refuse and writes
 * others over them (`standIn`). It keeps no header table: it only ever steps over fields, and the
 * method that it writes has the length of the one that was sent, so that the tables of client and
 * server, whose bounds are in bytes, stay the same.
 */
export class Http2Methods {
  /** Bytes to pass before the next frame begins. */
  #skip = PREFACE_BYTES;
  /** A frame of which not enough is there yet. */
  #held: Buffer | undefined;

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
        const changed = withKnownMethod(bytes.subarray(at, end));
        if (changed) {
          pieces ??= [];
          pieces.push(bytes.subarray(sent, at), changed);
          sent = end;
        }
      }
      at = end;
    }
    const whole = Math.min(at, bytes.length);
    this.#skip = at - whole;
    if (whole < bytes.length) this.#held = bytes.subarray(whole);
    const rest = bytes.subarray(sent, whole);
    return pieces ? Buffer.concat([...pieces, rest]) : rest;
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
  const flags = frame[4] ?? 0;
  const padding = flags & PADDED ? 1 : 0;
  let at = FRAME_HEAD_BYTES + padding + (flags & PRIORITY ? PRIORITY_BYTES : 0);
  for (let count = 0; count < MAX_FIELDS && at < frame.length; count += 1) {
    const field = readField(frame, at);
    if (!field || isMethod(field.index)) return field?.value;
    at = field.end;
  }
  return undefined;
}

/** A field of a header block (RFC 7541, 6): a place in the tables, and the value where it is not there. */
interface Field {
  /** 0: the name is written out too, or it is no field but a new size of the table. */
  readonly index: number;
  readonly value?: Literal;
  readonly end: number;
}

function readField(frame: Buffer, at: number): Field | undefined {
  const first = frame[at] ?? 0;
  if (first >= 0x80) return readInteger(frame, { at, bits: 7 });
  if ((first & 0xe0) === 0x20) {
    const size = readInteger(frame, { at, bits: 5 });
    return size && { index: 0, end: size.end };
  }
  const name = readInteger(frame, { at, bits: first >= 0x40 ? 6 : 4 });
  const before = name?.index === 0 ? readLiteral(frame, name.end) : name;
  const value = before && readLiteral(frame, before.end);
  return name && value && { index: name.index, value, end: value.end };
}

/** An integer of HPACK (RFC 7541, 5.1); `undefined` when it is cut off or absurd. */
function readInteger(
  bytes: Buffer,
  { at, bits }: { at: number; bits: number },
): { index: number; end: number } | undefined {
  const most = 2 ** bits - 1;
  let index = (bytes[at] ?? 0) & most;
  let end = at + 1;
  if (index < most) return { index, end };
  for (let scale = 1; scale <= 2 ** 21; scale *= 128) {
    const byte = bytes[end];
    if (byte === undefined) return undefined;
    end += 1;
    index += (byte & 0x7f) * scale;
    if (byte < 0x80) return { index, end };
  }
  return undefined;
}

/** A string of HPACK (RFC 7541, 5.2). */
function readLiteral(bytes: Buffer, start: number): Literal | undefined {
  const length = readInteger(bytes, { at: start, bits: 7 });
  const end = length ? length.end + length.index : Number.POSITIVE_INFINITY;
  if (!length || end > bytes.length) return undefined;
  return { start, text: length.end, end, huffman: (bytes[start] ?? 0) >= 0x80 };
}
