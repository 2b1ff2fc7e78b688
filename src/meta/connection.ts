import { abortReason } from "#lib/abort.ts";

/** Whether the site can be reached. */
export class Connection {
  #connected: boolean;
  readonly #waiting = new Set<() => void>();

  constructor(connected: boolean) {
    this.#connected = connected;
  }

  get isConnected(): boolean {
    return this.#connected;
  }

  set(connected: boolean): void {
    this.#connected = connected;
    if (!connected) return;
    for (const go of [...this.#waiting]) go();
  }

  /**
   * Resolves as soon as the site can be reached.
   * @throws the signal's reason when it aborts first.
   */
  connected(signal: AbortSignal): Promise<void> {
    if (this.#connected) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const go = (): void => {
        signal.removeEventListener("abort", onAbort);
        this.#waiting.delete(go);
        resolve();
      };
      const onAbort = (): void => {
        this.#waiting.delete(go);
        reject(abortReason(signal));
      };
      if (signal.aborted) return onAbort();
      signal.addEventListener("abort", onAbort, { once: true });
      this.#waiting.add(go);
    });
  }
}
