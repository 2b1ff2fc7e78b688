const VARINT = 0;
const BYTES = 2;

/** Writes a protobuf message; absent and zero values are left out. */
export class ProtobufWriter {
  readonly #chunks: Uint8Array[] = [];
  #length = 0;

  string(field: number, text: string | undefined): void {
    if (text !== undefined && text !== "") this.#bytes(field, new TextEncoder().encode(text));
  }

  bool(field: number, value: boolean | undefined): void {
    if (value !== true) return;
    this.#varint(field * 8 + VARINT);
    this.#varint(1);
  }

  /** An embedded message, written even when it is empty. */
  message(field: number, write: (writer: ProtobufWriter) => void): void {
    const inner = new ProtobufWriter();
    write(inner);
    this.#bytes(field, inner.finish());
  }

  finish(): Uint8Array {
    const result = new Uint8Array(this.#length);
    let at = 0;
    for (const chunk of this.#chunks) {
      result.set(chunk, at);
      at += chunk.length;
    }
    return result;
  }

  #bytes(field: number, bytes: Uint8Array): void {
    this.#varint(field * 8 + BYTES);
    this.#varint(bytes.length);
    this.#push(bytes);
  }

  #varint(value: number): void {
    const bytes: number[] = [];
    let rest = value;
    for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
    bytes.push(rest);
    this.#push(Uint8Array.from(bytes));
  }

  #push(bytes: Uint8Array): void {
    this.#chunks.push(bytes);
    this.#length += bytes.length;
  }
}
