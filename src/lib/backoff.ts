export interface BackoffOptions {
  readonly initialMs: number;
  readonly maxMs: number;
  /** Growth from one delay to the next. Default 2. */
  readonly factor?: number;
  /** Share of each delay that is random, 0 to 1. Default 0. */
  readonly jitter?: number;
  readonly random?: () => number;
}

/** Delays that grow from `initialMs` by `factor` up to `maxMs`. */
export class Backoff {
  readonly #options: Required<BackoffOptions>;
  #nextMs: number;

  constructor(options: BackoffOptions) {
    if (!(options.initialMs > 0) || options.maxMs < options.initialMs) {
      throw new RangeError(
        `Cannot back off as 'initialMs' must be positive and at most 'maxMs': current values are ${options.initialMs} and ${options.maxMs}`,
      );
    }
    this.#options = { factor: 2, jitter: 0, random: Math.random, ...options };
    this.#nextMs = options.initialMs;
  }

  /** The delay to wait now, in milliseconds; the following one will be longer. */
  next(): number {
    const { factor, maxMs, jitter, random } = this.#options;
    const delayMs = this.#nextMs;
    this.#nextMs = Math.min(delayMs * factor, maxMs);
    return delayMs * (1 - jitter * random());
  }

  /** Starts over from `initialMs`. */
  reset(): void {
    this.#nextMs = this.#options.initialMs;
  }
}
