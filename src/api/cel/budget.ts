import { CelCostError } from "./errors.ts";

/** To go through so many elements would cost more than any evaluation may. */
export const MAX_ELEMENTS = 1_000_000;

/** What an evaluation may still cost, in cel-go's units: about one per step. */
export class Budget {
  #left: number;

  constructor(limit: number) {
    this.#left = limit;
  }

  get left(): number {
    return this.#left;
  }

  /** @throws CelCostError */
  spend(cost: number): void {
    this.#left -= cost;
    if (this.#left < 0) throw new CelCostError();
  }
}
