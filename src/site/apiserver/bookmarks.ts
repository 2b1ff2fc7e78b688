import type { Timer } from "#lib/timer.ts";

const PERIOD_MS = 60_000;

/** Reminds watchers about once a minute of the newest resourceVersion; idle while there are none. */
export class Bookmarks {
  readonly #timer: Timer;
  readonly #watchers = new Set<() => void>();
  #cancel: (() => void) | undefined;

  constructor(timer: Timer) {
    this.#timer = timer;
  }

  /** Calls `mark` every minute until the function that comes back is called. */
  add(mark: () => void): () => void {
    const own = (): void => mark();
    this.#watchers.add(own);
    this.#cancel ??= this.#timer.after(PERIOD_MS, () => this.#ring());
    return () => {
      this.#watchers.delete(own);
      if (this.#watchers.size > 0) return;
      this.#cancel?.();
      this.#cancel = undefined;
    };
  }

  #ring(): void {
    this.#cancel = this.#timer.after(PERIOD_MS, () => this.#ring());
    for (const mark of this.#watchers) mark();
  }
}
