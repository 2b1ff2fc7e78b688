/** What a word of a program can point to: text and lists of text end in NUL, bytes are as they are. */
export type Content = string | Uint8Array | readonly string[] | Memory;

/** Bytes of a program that its steps read and write, such as a structure that the kernel fills in. */
export class Memory {
  readonly bytes: Uint8Array;
  /** What the 64-bit words at these offsets point to. */
  readonly pointers: Readonly<Record<number, Content>>;

  constructor(bytes: Uint8Array, pointers: Readonly<Record<number, Content>> = {}) {
    for (const offset of Object.keys(pointers).map(Number)) inside(bytes, { offset, length: 8 });
    this.bytes = bytes;
    this.pointers = pointers;
  }

  /** The address of a byte in it. */
  at(offset: number): Place {
    inside(this.bytes, { offset, length: 1 });
    return new Place(this, offset);
  }
}

/** An address inside a `Memory`. */
export class Place {
  readonly memory: Memory;
  readonly offset: number;

  constructor(memory: Memory, offset: number) {
    this.memory = memory;
    this.offset = offset;
  }
}

const WORD_BYTES = 8;
const encoder = new TextEncoder();

/**
 * The data of a program while it is laid out. Addresses are offsets from the program's first byte;
 * the words that hold one are listed, for the loader to add where it put the program. A text, an
 * array of bytes and a `Memory` lie there once, however often they are named.
 */
export class StepData {
  readonly relocations: number[] = [];
  readonly #start: number;
  readonly #pieces: { readonly offset: number; readonly bytes: Uint8Array }[] = [];
  readonly #texts = new Map<string, number>();
  readonly #known = new Map<object, number>();
  #end: number;

  /** @param start where the data begins, a multiple of 8. */
  constructor(start: number) {
    this.#start = start;
    this.#end = start;
  }

  /** Where a content lies. */
  place(content: Content | Place): number {
    if (content instanceof Place) return this.place(content.memory) + content.offset;
    if (typeof content === "string") return this.#placeText(content);
    const known = this.#known.get(content);
    if (known !== undefined) return known;
    const offset = this.#placeNew(content);
    this.#known.set(content, offset);
    return offset;
  }

  /** A word of its own for a value that is not known yet. */
  word(): number {
    return this.#append(new Uint8Array(WORD_BYTES));
  }

  /** The bytes of everything that was placed, a multiple of 8 long. */
  bytes(): Uint8Array {
    const bytes = new Uint8Array(aligned(this.#end) - this.#start);
    for (const piece of this.#pieces) bytes.set(piece.bytes, piece.offset - this.#start);
    return bytes;
  }

  #placeNew(content: Uint8Array | readonly string[] | Memory): number {
    if (content instanceof Uint8Array) return this.#append(content);
    if (content instanceof Memory) return this.#placeWords(content.bytes, content.pointers);
    const list = new Uint8Array((content.length + 1) * WORD_BYTES);
    return this.#placeWords(
      list,
      Object.fromEntries(content.map((text, index) => [index * WORD_BYTES, text])),
    );
  }

  #placeWords(bytes: Uint8Array, pointers: Readonly<Record<number, Content>>): number {
    const copy = bytes.slice();
    const view = new DataView(copy.buffer);
    const offset = this.#append(copy);
    for (const [at, content] of Object.entries(pointers)) {
      view.setBigUint64(Number(at), BigInt(this.place(content)), true);
      this.relocations.push(offset + Number(at));
    }
    return offset;
  }

  #placeText(text: string): number {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    if (text.includes("\0"))
      throw new TypeError(`Cannot pass ${JSON.stringify(text)}: holds a NUL`);
    const offset = this.#append(encoder.encode(`${text}\0`), 1);
    this.#texts.set(text, offset);
    return offset;
  }

  #append(bytes: Uint8Array, alignment = WORD_BYTES): number {
    const offset = aligned(this.#end, alignment);
    this.#pieces.push({ offset, bytes });
    this.#end = offset + bytes.length;
    return offset;
  }
}

function aligned(offset: number, alignment = WORD_BYTES): number {
  return Math.ceil(offset / alignment) * alignment;
}

function inside(bytes: Uint8Array, { offset, length }: { offset: number; length: number }): void {
  if (Number.isSafeInteger(offset) && offset >= 0 && offset + length <= bytes.length) return;
  throw new RangeError(`Cannot address byte ${offset} of a memory of ${bytes.length}`);
}
