import type { Message } from "./message.ts";
import { Outbox } from "./outbox.ts";

export interface OutboxesOptions {
  deliver(module: string, message: Message, signal: AbortSignal): Promise<void>;
  /** Holds back what is for a module until it resolves. */
  readonly open?: (module: string, signal: AbortSignal) => Promise<void>;
  /** Ends all deliveries. */
  readonly signal: AbortSignal;
}

/** One outbox per receiver, each delivering on its own: a slow receiver holds up no other. */
export class Outboxes {
  readonly #options: OutboxesOptions;
  readonly #outboxes = new Map<string, Outbox>();
  readonly #running: Promise<void>[] = [];
  readonly #ended = Promise.withResolvers<void>();

  constructor(options: OutboxesOptions) {
    this.#options = options;
  }

  /** The outbox to a module; it begins to deliver when it is first asked for. */
  to(module: string): Outbox {
    const known = this.#outboxes.get(module);
    if (known !== undefined) return known;
    const { deliver, open, signal } = this.#options;
    const outbox = new Outbox(
      (message, stop) => deliver(module, message, stop),
      open && ((stop) => open(module, stop)),
    );
    this.#outboxes.set(module, outbox);
    const running = outbox.run(signal);
    running.catch(this.#ended.reject);
    this.#running.push(running);
    return outbox;
  }

  /**
   * Resolves once the signal has aborted and all deliveries have stopped.
   * @throws what one of them failed with.
   */
  async run(): Promise<void> {
    const { signal } = this.#options;
    signal.addEventListener("abort", () => this.#ended.resolve(), { once: true });
    if (signal.aborted) this.#ended.resolve();
    await this.#ended.promise;
    await Promise.all(this.#running);
  }
}
