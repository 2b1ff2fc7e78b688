/** Notices that a connection is silent, without a timer for each of its bytes. */
export class Silence {
  readonly #idleMs: number;
  readonly #isBorne: () => boolean;
  #timer: ReturnType<typeof setTimeout>;
  #heardMs = performance.now();

  /** Asks `isBorne` after each `idleMs` of silence, until it says no. */
  constructor(idleMs: number, isBorne: () => boolean) {
    this.#idleMs = idleMs;
    this.#isBorne = isBorne;
    this.#timer = this.#wait(idleMs);
  }

  /** Something was heard. */
  broken(): void {
    this.#heardMs = performance.now();
  }

  end(): void {
    clearTimeout(this.#timer);
  }

  #wait(forMs: number): ReturnType<typeof setTimeout> {
    return setTimeout(() => {
      const leftMs = this.#heardMs + this.#idleMs - performance.now();
      if (leftMs > 0) this.#timer = this.#wait(leftMs);
      else if (this.#isBorne()) this.#timer = this.#wait(this.#idleMs);
    }, forMs);
  }
}
