/** Which numbers of `0..size-1` are taken: a bit each. */
export class NumberSet {
  readonly size: number;
  readonly #bits: Uint8Array;
  readonly #random: () => number;

  constructor(size: number, random: () => number = Math.random) {
    this.size = size;
    this.#bits = new Uint8Array(Math.ceil(size / 8));
    this.#random = random;
  }

  has(index: number): boolean {
    return ((this.#bits[index >> 3] ?? 0) & (1 << (index & 7))) !== 0;
  }

  /** Takes `index`; false when it is taken, out of range, or no number of the set at all. */
  take(index: number): boolean {
    if (!(index >= 0 && index < this.size) || this.has(index)) return false;
    this.#bits[index >> 3] = (this.#bits[index >> 3] ?? 0) | (1 << (index & 7));
    return true;
  }

  release(index: number): void {
    this.#bits[index >> 3] = (this.#bits[index >> 3] ?? 0) & ~(1 << (index & 7));
  }

  /**
   * Takes a free number, from `reserved` up by preference: numbers below it are left to those who
   * ask for one by name, as long as there are others. `undefined` when all are taken.
   */
  takeAny(reserved: number): number | undefined {
    return this.#takeFrom(reserved, this.size) ?? this.#takeFrom(0, reserved);
  }

  /** From a random place, so that a number that was just released is not the next to be used. */
  #takeFrom(from: number, to: number): number | undefined {
    const count = to - from;
    const start = Math.floor(this.#random() * count);
    for (let step = 0; step < count; step++) {
      const index = from + ((start + step) % count);
      if (this.take(index)) return index;
    }
    return undefined;
  }
}
