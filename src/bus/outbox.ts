import type { Message } from "./message.ts";

/**
 * Outgoing state, keyed by what it is about: a newer message for a key takes the place of one that
 * still waits. So a receive loop never has to wait for a sender, and what waits is bounded by the
 * number of objects. Messages of different keys keep their order.
 */
export class Outbox {
  readonly #deliver: (message: Message, signal: AbortSignal) => Promise<void>;
  readonly #open: ((signal: AbortSignal) => Promise<void>) | undefined;
  readonly #waiting = new Map<string, Message>();
  #wake: () => void = () => undefined;

  /**
   * `deliver` may wait as long as it must; when it throws, that message is given up. `open` holds
   * everything back until it resolves, so that what waits can still be replaced.
   */
  constructor(
    deliver: (message: Message, signal: AbortSignal) => Promise<void>,
    open?: (signal: AbortSignal) => Promise<void>,
  ) {
    this.#deliver = deliver;
    this.#open = open;
  }

  /** Messages that wait to be delivered. */
  get size(): number {
    return this.#waiting.size;
  }

  /** Puts a message in at the place of the older one of its key, else at the end. */
  put(key: string, message: Message): void {
    this.#waiting.set(key, message);
    this.#wake();
  }

  /** Puts a message at the end, behind all that waits now; an older one of its key goes. */
  putLast(key: string, message: Message): void {
    this.#waiting.delete(key);
    this.put(key, message);
  }

  /**
   * Delivers one message after the other until `signal` aborts.
   * @throws what `deliver` threw while the signal had not aborted.
   */
  async run(signal: AbortSignal): Promise<void> {
    try {
      while (!signal.aborted) await this.#deliverNext(signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  async #deliverNext(signal: AbortSignal): Promise<void> {
    if (this.#waiting.size === 0) await this.#filled(signal);
    if (this.#open) await this.#open(signal);
    const [first] = this.#waiting;
    if (first === undefined || signal.aborted) return;
    const [key, message] = first;
    this.#waiting.delete(key);
    await this.#deliver(message, signal);
  }

  #filled(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        signal.removeEventListener("abort", done);
        this.#wake = () => undefined;
        resolve();
      };
      if (signal.aborted) return resolve();
      signal.addEventListener("abort", done, { once: true });
      this.#wake = done;
    });
  }
}
