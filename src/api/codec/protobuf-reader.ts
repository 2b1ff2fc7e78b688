import { DecodeError } from "./decode-error.ts";
export const VARINT = 0;
export const FIXED_64 = 1;
export const BYTES = 2;
export const FIXED_32 = 5;

const truncated = () => new DecodeError("unexpected EOF");

/** Reads the wire format of protobuf from the front to the back of a message. */
export class ProtobufReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** The number and wire type of the next field. */
  tag(): { field: number; wire: number } {
    const tag = this.#uint();
    return { field: Math.floor(tag / 8), wire: tag % 8 };
  }

  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.#at];
      if (byte === undefined) throw truncated();
      this.#at += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(64, value);
    }
    throw new DecodeError("integer overflow");
  }

  double(): number {
    const at = this.#advance(8);
    return this.#view.getFloat64(at, true);
  }

  /** The bytes of a string, a message or a byte field; a view, not a copy. */
  bytes(): Uint8Array {
    const length = this.#uint();
    const at = this.#advance(length);
    return this.#bytes.subarray(at, at + length);
  }

  /** Leaves out the value of a field that nobody knows. */
  skip(wire: number): void {
    if (wire === VARINT) this.varint();
    else if (wire === FIXED_64) this.#advance(8);
    else if (wire === BYTES) this.bytes();
    else if (wire === FIXED_32) this.#advance(4);
    else throw new DecodeError(`illegal wire type ${wire}`);
  }

  /** A varint that has no business to be large: a tag, a length. Without bigint, for speed. */
  #uint(): number {
    let value = 0;
    for (let scale = 1; scale <= 2 ** 35; scale *= 128) {
      const byte = this.#bytes[this.#at];
      if (byte === undefined) throw truncated();
      this.#at += 1;
      value += (byte % 128) * scale;
      if (byte < 0x80) return value;
    }
    throw new DecodeError("integer overflow");
  }

  #advance(length: number): number {
    const at = this.#at;
    if (at + length > this.#bytes.length) throw truncated();
    this.#at += length;
    return at;
  }
}
