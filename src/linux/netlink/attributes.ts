/**
 * A netlink attribute in its wire form: length, type, value, padding to four bytes. Numbers are in
 * the host's order, which is little endian on every machine that Bun runs on, except where the
 * name says otherwise.
 */
export type Attribute = Buffer;

const HEADER_BYTES = 4;
const NESTED = 0x8000;
const TYPE_MASK = 0x3fff;

/** Rounds up to the next multiple of four. */
export function aligned(length: number): number {
  return (length + 3) & ~3;
}

export function bytes(type: number, value: Uint8Array): Attribute {
  const length = HEADER_BYTES + value.length;
  const attribute = Buffer.alloc(aligned(length));
  attribute.writeUInt16LE(length, 0);
  attribute.writeUInt16LE(type, 2);
  attribute.set(value, HEADER_BYTES);
  return attribute;
}

/** Text with the NUL at its end that the kernel's string policy wants. */
export function text(type: number, value: string): Attribute {
  return bytes(type, Buffer.from(`${value}\0`));
}

export function u8(type: number, value: number): Attribute {
  return bytes(type, Uint8Array.of(value));
}

export function u32(type: number, value: number): Attribute {
  const data = Buffer.alloc(4);
  data.writeUInt32LE(value >>> 0);
  return bytes(type, data);
}

/** In network order, as nf_tables wants its numbers. */
export function be32(type: number, value: number): Attribute {
  const data = Buffer.alloc(4);
  data.writeUInt32BE(value >>> 0);
  return bytes(type, data);
}

/** Attributes inside an attribute. */
export function nested(type: number, children: readonly Attribute[]): Attribute {
  return bytes(type | NESTED, Buffer.concat(children));
}

/** Type → value of the attributes in `data`; of a type that comes twice the last one counts. */
export function parseAttributes(data: Buffer): ReadonlyMap<number, Buffer> {
  return new Map(listAttributes(data));
}

/** The attributes in `data` in their order: what a list whose entries share a type needs. */
export function listAttributes(data: Buffer): readonly (readonly [number, Buffer])[] {
  const found: [number, Buffer][] = [];
  for (let offset = 0; offset + HEADER_BYTES <= data.length; ) {
    const length = data.readUInt16LE(offset);
    if (length < HEADER_BYTES || offset + length > data.length) break;
    const type = data.readUInt16LE(offset + 2) & TYPE_MASK;
    found.push([type, data.subarray(offset + HEADER_BYTES, offset + length)]);
    offset += aligned(length);
  }
  return found;
}

/** The text of an attribute without the NUL at its end. */
export function textOf(value: Buffer | undefined): string {
  if (value === undefined) return "";
  const end = value.indexOf(0);
  return value.toString("utf8", 0, end === -1 ? value.length : end);
}

/** The number of an attribute in host order; 0 when it is absent. */
export function numberOf(value: Buffer | undefined): number {
  return value !== undefined && value.length >= 4 ? value.readUInt32LE(0) : 0;
}
