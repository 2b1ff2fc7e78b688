import { TarError } from "./tar-error.ts";

export const BLOCK_BYTES = 512;

/** Where a field of a header block lies. */
export interface Field {
  readonly offset: number;
  readonly length: number;
}

/** A text, up to its NUL. */
export function textField(block: Buffer, { offset, length }: Field): string {
  const end = block.subarray(offset, offset + length).indexOf(0);
  return block.toString("latin1", offset, offset + (end < 0 ? length : end));
}

/** A number: octal digits, or GNU's and star's base 256 where the first bit is set. */
export function numberField(block: Buffer, field: Field): number {
  const first = block.readUInt8(field.offset);
  if ((first & 0x80) !== 0) return binaryNumber(block, field);
  const digits = textField(block, field).trim();
  if (digits === "") return 0;
  if (!/^[0-7]+$/.test(digits)) {
    throw new TarError(`a header holds "${printable(digits)}" where a number belongs`);
  }
  return Number.parseInt(digits, 8);
}

function binaryNumber(block: Buffer, { offset, length }: Field): number {
  const isNegative = (block.readUInt8(offset) & 0x40) !== 0;
  const bytes = Buffer.from(block.subarray(offset, offset + length));
  if (!isNegative) bytes[0] = block.readUInt8(offset) & 0x7f;
  const value = BigInt.asIntN(length * 8, BigInt(`0x${bytes.toString("hex")}`));
  if (value > BigInt(Number.MAX_SAFE_INTEGER) || value < -BigInt(Number.MAX_SAFE_INTEGER)) {
    throw new TarError("a header holds a number that is too large");
  }
  return Number(value);
}

const CHECKSUM: Field = { offset: 148, length: 8 };
const BLANK = 0x20;

/** Whether the sum of a header's bytes is what it says, added up as bytes or as signed ones. */
export function hasGoodChecksum(block: Buffer): boolean {
  let sum = 0;
  let signedSum = 0;
  for (let index = 0; index < BLOCK_BYTES; index += 1) {
    const isOwn = index >= CHECKSUM.offset && index < CHECKSUM.offset + CHECKSUM.length;
    const byte = isOwn ? BLANK : block.readUInt8(index);
    sum += byte;
    signedSum += byte > 127 ? byte - 256 : byte;
  }
  const told = numberField(block, CHECKSUM);
  return told === sum || told === signedSum;
}

/** Bytes that fill the last block of a content up. */
export function paddingOf(bytes: number): number {
  return (BLOCK_BYTES - (bytes % BLOCK_BYTES)) % BLOCK_BYTES;
}

export function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, "?").slice(0, 40);
}
