/** A place in the code, known before it is reached. */
export interface Label {
  offset: number | undefined;
}

/** Writes the distance to a label into an instruction that was emitted before. */
export type Patch = (view: DataView, at: number, distanceBytes: number) => void;

/** Machine code while it is made: bytes, and instructions that wait for their label's place. */
export class Code {
  readonly #bytes: number[] = [];
  readonly #waiting: { readonly at: number; readonly label: Label; readonly patch: Patch }[] = [];

  /** A label that has no place yet. */
  label(): Label {
    return { offset: undefined };
  }

  /** Gives a label its place: here. */
  here(label: Label): void {
    if (label.offset !== undefined) throw new TypeError("A label has one place");
    label.offset = this.#bytes.length;
  }

  bytes(...bytes: readonly number[]): void {
    this.#bytes.push(...bytes);
  }

  /** 32 bits, little endian. */
  word(word: number): void {
    this.bytes(word & 0xff, (word >>> 8) & 0xff, (word >>> 16) & 0xff, (word >>> 24) & 0xff);
  }

  /** Has `patch` write how far a label is from the instruction that comes next. */
  refer(label: Label, patch: Patch): void {
    this.#waiting.push({ at: this.#bytes.length, label, patch });
  }

  /** All of it, every instruction complete. */
  finish(): Uint8Array {
    const bytes = Uint8Array.from(this.#bytes);
    const view = new DataView(bytes.buffer);
    for (const { at, label, patch } of this.#waiting) {
      if (label.offset === undefined) throw new TypeError("A label was never placed");
      patch(view, at, label.offset - at);
    }
    return bytes;
  }
}
