/** Distinguished Encoding Rules (X.690), as far as certificates need them. All functions return whole TLVs. */

const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** Any tag around any content: how context-specific fields (`[0]`, `[3]`) are written. */
export function tagged(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content);
  return Buffer.concat([Buffer.from([tag]), lengthOf(body.length), body]);
}

export function sequence(...content: readonly Uint8Array[]): Buffer {
  return tagged(TAG.sequence, ...content);
}

/** A SET OF; its members are put in DER's order. */
export function setOf(...members: readonly Uint8Array[]): Buffer {
  return tagged(TAG.set, ...members.toSorted(Buffer.compare));
}

/** An INTEGER from the big-endian bytes of a number that is not negative. */
export function integer(magnitude: Uint8Array): Buffer {
  const start = magnitude.findIndex((byte) => byte !== 0);
  const digits = start < 0 ? Buffer.from([0]) : magnitude.subarray(start);
  const negative = ((digits[0] ?? 0) & 0x80) !== 0;
  return tagged(TAG.integer, ...(negative ? [Buffer.from([0])] : []), digits);
}

export function boolean(value: boolean): Buffer {
  return tagged(TAG.boolean, Buffer.from([value ? 0xff : 0]));
}

export function octetString(bytes: Uint8Array): Buffer {
  return tagged(TAG.octetString, bytes);
}

/** A BIT STRING; the last `unusedBits` bits of `bytes` do not count. */
export function bitString(bytes: Uint8Array, unusedBits = 0): Buffer {
  return tagged(TAG.bitString, Buffer.from([unusedBits]), bytes);
}

export function utf8String(text: string): Buffer {
  return tagged(TAG.utf8String, Buffer.from(text));
}

/** An OBJECT IDENTIFIER from its dotted form. */
export function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...arcs] = dotted.split(".").map(Number);
  return tagged(TAG.objectIdentifier, Buffer.from([first * 40 + second, ...arcs].flatMap(base128)));
}

/** A Time as certificates must write it (RFC 5280 §4.1.2.5): UTCTime for 1950 to 2049, then GeneralizedTime. */
export function time(instant: Date): Buffer {
  const digits = `${instant.toISOString().slice(0, 19).replaceAll(/[-:T]/g, "")}Z`;
  const year = instant.getUTCFullYear();
  return year >= 1950 && year < 2050
    ? tagged(TAG.utcTime, Buffer.from(digits.slice(2)))
    : tagged(TAG.generalizedTime, Buffer.from(digits));
}

function base128(value: number): number[] {
  const groups = [value & 0x7f];
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) groups.unshift((rest & 0x7f) | 0x80);
  return groups;
}

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const digits: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) digits.unshift(rest % 256);
  return Buffer.from([0x80 | digits.length, ...digits]);
}
