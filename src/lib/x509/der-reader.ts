/** One TLV of a DER encoding that nobody has checked yet. */
export interface Element {
  readonly tag: number;
  readonly content: Uint8Array;
  /** Tag, length and content. */
  readonly raw: Uint8Array;
}

/**
 * The TLVs that `bytes` are made of.
 * @throws {RangeError} when they are not, or a length is not in its shortest form.
 */
export function readElements(bytes: Uint8Array): Element[] {
  const all: Element[] = [];
  for (let at = 0; at < bytes.length; ) {
    const { start, end } = extentAt(bytes, at);
    all.push({
      tag: bytes[at] ?? 0,
      content: bytes.subarray(start, end),
      raw: bytes.subarray(at, end),
    });
    at = end;
  }
  return all;
}

function extentAt(bytes: Uint8Array, at: number): { start: number; end: number } {
  const first = bytes[at + 1];
  if (first === undefined) throw new RangeError("DER ends within a length");
  const count = first < 0x80 ? 0 : first & 0x7f;
  const start = at + 2 + count;
  const digits = bytes.subarray(at + 2, start);
  // The longest that could fit has four.
  if (first === 0x80 || count > 4 || digits.length < count) {
    throw new RangeError("DER has a length that cannot be read");
  }
  const length = count === 0 ? first : digits.reduce((sum, digit) => sum * 256 + digit, 0);
  if (count > 0 && (length < 0x80 || digits[0] === 0)) {
    throw new RangeError("DER has a length that is longer than it must be");
  }
  if (start + length > bytes.length) throw new RangeError("DER ends within a value");
  return { start, end: start + length };
}

/** The dotted form of the content of an OBJECT IDENTIFIER. */
export function dottedOf(content: Uint8Array): string {
  const arcs: number[] = [];
  let value = 0;
  for (const byte of content) {
    value = value * 128 + (byte & 0x7f);
    if (byte & 0x80) continue;
    if (arcs.length === 0) {
      const first = Math.min(Math.floor(value / 40), 2);
      arcs.push(first, value - first * 40);
    } else arcs.push(value);
    value = 0;
  }
  return arcs.join(".");
}
