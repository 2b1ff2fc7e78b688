import { abortReason } from "#lib/abort.ts";

/**
 * An AbortSignal for one request on a signal that lives for hours: it lets go of the long-lived one
 * when disposed, so that requests leave no listener behind.
 */
export class LinkedSignal implements Disposable {
  readonly #controller = new AbortController();
  readonly #parent: AbortSignal;
  readonly #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #onAbort = (): void => this.#controller.abort(abortReason(this.#parent));

  /** With `timeoutMs` the signal also aborts after that long. */
  constructor(parent: AbortSignal, timeoutMs?: number) {
    this.#parent = parent;
    if (parent.aborted) this.#onAbort();
    else parent.addEventListener("abort", this.#onAbort, { once: true });
    if (timeoutMs !== undefined) {
      const late = new DOMException(`No answer within ${timeoutMs} ms`, "TimeoutError");
      this.#timer = setTimeout(() => this.#controller.abort(late), timeoutMs);
    }
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#parent.removeEventListener("abort", this.#onAbort);
  }
}
