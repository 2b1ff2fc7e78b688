import { Backoff } from "#lib/backoff.ts";
import type { Timer } from "#lib/timer.ts";

/** How soon a server that does not answer is asked again: it may be about to. */
const RETRY = { initialMs: 500, maxMs: 30_000 };

interface Retry {
  readonly backoff: Backoff;
  callOff(): void;
}

/** Alarms by name: each rings later than the one before it, until there is nothing to retry. */
export class Retries {
  readonly #timer: Timer;
  readonly #due = new Map<string, Retry>();

  constructor(timer: Timer) {
    this.#timer = timer;
  }

  /** Rings later than the last time. */
  again(name: string, ring: () => void): void {
    const { backoff = new Backoff(RETRY), callOff } = this.#due.get(name) ?? {};
    callOff?.();
    this.#due.set(name, { backoff, callOff: this.#timer.after(backoff.next(), ring) });
  }

  /** There is nothing to retry. */
  settle(name: string): void {
    this.#due.get(name)?.callOff();
    this.#due.delete(name);
  }

  /** Nothing rings any more. */
  close(): void {
    for (const name of [...this.#due.keys()]) this.settle(name);
  }
}
