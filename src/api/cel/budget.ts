import { type Clock, systemClock } from "#lib/clock.ts";
import { CelCostError } from "./errors.ts";

/** To go through so many elements would cost more than any evaluation may. */
export const MAX_ELEMENTS = 1_000_000;

/**
 * Kubernetes ends an evaluation with its request, whatever it cost: some steps are free, and some
 * take longer than they cost.
 */
const MAX_MS = 10_000;

/** So often time is looked at. */
const STEPS_PER_LOOK = 64;

/** What an evaluation may still cost, in cel-go's units: about one per step; and how long it may take. */
export class Budget {
  readonly #clock: Pick<Clock, "monotonicMs">;
  readonly #endMs: number;
  #left: number;
  #steps = 0;

  constructor(limit: number, clock: Pick<Clock, "monotonicMs"> = systemClock) {
    this.#left = limit;
    this.#clock = clock;
    this.#endMs = clock.monotonicMs() + MAX_MS;
  }

  get left(): number {
    return this.#left;
  }

  /** @throws CelCostError */
  spend(cost: number): void {
    this.#left -= cost;
    this.#steps += 1;
    if (this.#left < 0 || this.#isOverdue()) throw new CelCostError();
  }

  #isOverdue(): boolean {
    return this.#steps % STEPS_PER_LOOK === 0 && this.#clock.monotonicMs() > this.#endMs;
  }
}
