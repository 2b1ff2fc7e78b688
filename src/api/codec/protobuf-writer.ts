const VARINT = 0;
const FIXED_64 = 1;
const BYTES = 2;

/** Writes a protobuf message. `string` and `bool` leave zero values out, all else is written as it is. */
export class ProtobufWriter {
  readonly #chunks: Uint8Array[] = [];
  #length = 0;

  string(field: number, text: string | undefined): void {
    if (text !== undefined && text !== "") this.text(field, text);
  }

  bool(field: number, value: boolean | undefined): void {
    if (value === true) this.number(field, 1);
  }

  text(field: number, text: string): void {
    this.bytes(field, new TextEncoder().encode(text));
  }

  /** A whole number; one that is negative takes ten bytes. */
  number(field: number, value: number | bigint): void {
    this.#varint(field * 8 + VARINT);
    if (typeof value === "number" && value >= 0) this.#varint(value);
    else this.#longVarint(BigInt.asUintN(64, BigInt(value)));
  }

  double(field: number, value: number): void {
    this.#varint(field * 8 + FIXED_64);
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setFloat64(0, value, true);
    this.#push(bytes);
  }

  bytes(field: number, bytes: Uint8Array): void {
    this.#varint(field * 8 + BYTES);
    this.#varint(bytes.length);
    this.#push(bytes);
  }

  /** An embedded message, written even when it is empty. */
  message(field: number, write: (writer: ProtobufWriter) => void): void {
    const inner = new ProtobufWriter();
    write(inner);
    this.bytes(field, inner.finish());
  }

  finish(): Uint8Array<ArrayBuffer> {
    const result = new Uint8Array(this.#length);
    let at = 0;
    for (const chunk of this.#chunks) {
      result.set(chunk, at);
      at += chunk.length;
    }
    return result;
  }

  #varint(value: number): void {
    const bytes: number[] = [];
    let rest = value;
    for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
    bytes.push(rest);
    this.#push(Uint8Array.from(bytes));
  }

  #longVarint(value: bigint): void {
    const bytes: number[] = [];
    let rest = value;
    for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) + 128);
    bytes.push(Number(rest));
    this.#push(Uint8Array.from(bytes));
  }

  #push(bytes: Uint8Array): void {
    this.#chunks.push(bytes);
    this.#length += bytes.length;
  }
}
