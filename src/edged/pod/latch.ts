import { abortable } from "#lib/abort.ts";

/** Remembers that something happened until it is looked at; however often it did in between. */
export class Latch {
  #next = Promise.withResolvers<void>();

  set(): void {
    this.#next.resolve();
  }

  /** Resolves once it was set, and clears it. */
  async wait(signal: AbortSignal): Promise<void> {
    await abortable(this.#next.promise, signal);
    this.#next = Promise.withResolvers<void>();
  }
}
