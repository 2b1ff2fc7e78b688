const PADDED = 0x08;
const PRIORITY = 0x20;
const PRIORITY_BYTES = 5;

/** Bytes of a frame of HTTP/2 before what it carries. */
export const FRAME_HEAD_BYTES = 9;

/** Where a string of a header block lies. */
export interface Literal {
  /** Of its length prefix. */
  readonly start: number;
  readonly text: number;
  readonly end: number;
  readonly huffman: boolean;
}

/** A field of a header block (RFC 7541, 6): a place in the tables, and the value where it is not there. */
export interface Field {
  /** Of its name. 0: that is written out too, or it is no field but a new size of the table. */
  readonly index: number;
  readonly name?: Literal;
  readonly value?: Literal;
  /** It becomes the newest entry of the table. */
  readonly inserts: boolean;
  readonly end: number;
}

/** Where the header block of a HEADERS frame lies. */
export function headerBlock(frame: Buffer): { readonly start: number; readonly end: number } {
  const flags = frame[4] ?? 0;
  const padding = flags & PADDED ? 1 : 0;
  const priority = flags & PRIORITY ? PRIORITY_BYTES : 0;
  return {
    start: FRAME_HEAD_BYTES + padding + priority,
    end: frame.length - (padding ? (frame[FRAME_HEAD_BYTES] ?? 0) : 0),
  };
}

/** The field that begins at a place of a header block; `undefined` when it is cut off. */
export function readField(frame: Buffer, at: number): Field | undefined {
  const first = frame[at] ?? 0;
  if (first >= 0x80) return withoutValue(readInteger(frame, { at, bits: 7 }));
  if ((first & 0xe0) === 0x20) {
    const size = readInteger(frame, { at, bits: 5 });
    return size && { index: 0, inserts: false, end: size.end };
  }
  const inserts = first >= 0x40;
  const place = readInteger(frame, { at, bits: inserts ? 6 : 4 });
  const name = place?.index === 0 ? readLiteral(frame, place.end) : undefined;
  const before = place?.index === 0 ? name : place;
  const value = before && readLiteral(frame, before.end);
  if (!place || !value) return undefined;
  return { index: place.index, ...(name && { name }), value, inserts, end: value.end };
}

const withoutValue = (place: Place | undefined): Field | undefined =>
  place && { ...place, inserts: false };

interface Place {
  readonly index: number;
  readonly end: number;
}

/** A string of a header block, written out in plain. */
export function plainLiteral(text: Uint8Array): Buffer {
  const length: number[] = [];
  let rest = text.length;
  if (rest < 127) length.push(rest);
  else {
    length.push(127);
    for (rest -= 127; rest >= 128; rest = Math.floor(rest / 128)) length.push((rest % 128) + 128);
    length.push(rest);
  }
  return Buffer.concat([Buffer.from(length), text]);
}

/** An integer of HPACK (RFC 7541, 5.1); `undefined` when it is cut off or absurd. */
function readInteger(bytes: Buffer, { at, bits }: { at: number; bits: number }): Place | undefined {
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
