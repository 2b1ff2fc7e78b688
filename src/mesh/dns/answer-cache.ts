const MAX_BYTES = 4 << 20;
/** What an entry costs beside its bytes. */
const OVERHEAD_BYTES = 200;

/**
 * Answers in their wire form by the bytes of their question. Bounded in bytes; when it is full it
 * starts over, which costs less than to keep account of what was used when.
 */
export class AnswerCache {
  readonly #answers = new Map<string, Buffer>();
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number = MAX_BYTES) {
    this.#maxBytes = maxBytes;
  }

  get size(): number {
    return this.#answers.size;
  }

  get(key: string): Buffer | undefined {
    return this.#answers.get(key);
  }

  set(key: string, answer: Buffer): void {
    const cost = key.length + answer.length + OVERHEAD_BYTES;
    if (cost > this.#maxBytes) return;
    if (this.#bytes + cost > this.#maxBytes) this.clear();
    this.#answers.set(key, answer);
    this.#bytes += cost;
  }

  clear(): void {
    this.#answers.clear();
    this.#bytes = 0;
  }
}
