import type { Probe } from "#api/object.ts";
import type { Timer } from "#lib/timer.ts";
import type { DialResult } from "./dial.ts";

const DEFAULTS = { periodSeconds: 10, timeoutSeconds: 1, successThreshold: 1, failureThreshold: 3 };

export interface ProbeLoopOptions {
  readonly probe: Probe;
  readonly timer: Timer;
  readonly firstDelayMs: number;
  /** Rejects when nothing could be learned. */
  readonly run: (signal: AbortSignal) => Promise<DialResult>;
  /** Every failed try. */
  readonly onFailure: (message: string) => void;
  /** A threshold was reached; told only when it differs from the one before. */
  readonly onVerdict: (good: boolean) => void;
}

/** Asks again and again, and speaks up when enough answers in a row agree. */
export class ProbeLoop {
  readonly #options: ProbeLoopOptions;
  readonly #limits: typeof DEFAULTS;
  readonly #life = new AbortController();
  #callOff: () => void;
  #verdict: boolean | undefined;
  #inRow = 0;
  #last: boolean | undefined;

  constructor(options: ProbeLoopOptions) {
    const { periodSeconds, timeoutSeconds, successThreshold, failureThreshold } = options.probe;
    this.#options = options;
    this.#limits = {
      periodSeconds: periodSeconds || DEFAULTS.periodSeconds,
      timeoutSeconds: timeoutSeconds || DEFAULTS.timeoutSeconds,
      successThreshold: successThreshold || DEFAULTS.successThreshold,
      failureThreshold: failureThreshold || DEFAULTS.failureThreshold,
    };
    this.#callOff = options.timer.after(options.firstDelayMs, () => void this.#ask());
  }

  stop(): void {
    this.#callOff();
    this.#life.abort();
  }

  async #ask(): Promise<void> {
    const { timer, run } = this.#options;
    const timeout = new AbortController();
    const late = new Error(`probe timed out after ${this.#limits.timeoutSeconds}s`);
    const cancelTimeout = timer.after(this.#limits.timeoutSeconds * 1000, () =>
      timeout.abort(late),
    );
    const onEnd = (): void => timeout.abort(this.#life.signal.reason);
    this.#life.signal.addEventListener("abort", onEnd, { once: true });
    try {
      const result = await run(timeout.signal);
      if (!this.#life.signal.aborted) this.#count(result);
    } catch {
      // Nothing was learned: the try counts neither way, as kubelet's.
    } finally {
      cancelTimeout();
      this.#life.signal.removeEventListener("abort", onEnd);
      if (!this.#life.signal.aborted) {
        const periodMs = this.#limits.periodSeconds * 1000;
        this.#callOff = timer.after(periodMs, () => void this.#ask());
      }
    }
  }

  #count({ success, message }: DialResult): void {
    if (!success) this.#options.onFailure(message);
    this.#inRow = this.#last === success ? this.#inRow + 1 : 1;
    this.#last = success;
    const { successThreshold, failureThreshold } = this.#limits;
    if (this.#inRow < (success ? successThreshold : failureThreshold)) return;
    if (this.#verdict === success) return;
    this.#verdict = success;
    this.#options.onVerdict(success);
  }
}
