import { Mailbox } from "#lib/mailbox.ts";
import type { Lane } from "./limits.ts";

/** Requests of edge nodes of one kind: so many are worked on at once, so many more may wait. */
export class Requests {
  readonly #workers: number;
  readonly #waiting: Mailbox<() => Promise<void>>;

  constructor({ limit, workers }: Lane) {
    this.#workers = workers;
    this.#waiting = new Mailbox(limit);
  }

  /** Takes a request over; where too many wait, resolves once there is room for it. */
  add(work: () => Promise<void>, signal: AbortSignal): Promise<void> | undefined {
    return this.#waiting.trySend(work) ? undefined : this.#waiting.send(work, signal);
  }

  /** Works until `signal` aborts, and finishes what it has begun. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(Array.from({ length: this.#workers }, () => this.#work(signal)));
  }

  async #work(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      let work: () => Promise<void>;
      try {
        work = await this.#waiting.receive(signal);
      } catch (error) {
        if (signal.aborted) return;
        throw error;
      }
      await work();
    }
  }
}
