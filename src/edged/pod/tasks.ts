import { abortReason } from "#lib/abort.ts";

interface Task {
  readonly controller: AbortController;
  readonly done: Promise<void>;
  /** What the task may be outbid on: a stop with less grace replaces one with more. */
  readonly rank: number;
}

/** Work of one pod that takes time: one task per key at most, each with its own AbortSignal. */
export class Tasks {
  readonly #running = new Map<string, Task>();
  readonly #onSettled: () => void;

  constructor(onSettled: () => void) {
    this.#onSettled = onSettled;
  }

  get keys(): ReadonlySet<string> {
    return new Set(this.#running.keys());
  }

  rankOf(key: string): number | undefined {
    return this.#running.get(key)?.rank;
  }

  /** Starts `work`, which must not reject; what it does ends when `signal` aborts. */
  start(
    { key, rank = 0 }: { readonly key: string; readonly rank?: number },
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<void>,
  ): void {
    const controller = new AbortController();
    const onAbort = (): void => controller.abort(abortReason(signal));
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
    const done = work(controller.signal).finally(() => {
      signal.removeEventListener("abort", onAbort);
      this.#running.delete(key);
      this.#onSettled();
    });
    this.#running.set(key, { controller, done, rank });
  }

  abort(key: string, reason: string): void {
    this.#running.get(key)?.controller.abort(new Error(reason));
  }

  /** Resolves when nothing runs any more. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) {
      await Promise.all([...this.#running.values()].map(({ done }) => done));
    }
  }
}
