import type { Operation } from "./operation.ts";

export const CEILING_SETTING = "resourceVersionCeiling";

/** Numbers reserved at once, so that volatile writes need no disk. */
const RESERVE = 2 ** 20;
/** A new reservation is asked for when this many are left. */
const MARGIN = 2 ** 16;
/** A fresh database starts here: 0 has a meaning of its own in the API. */
const FIRST = 1;

/**
 * The one counter of resourceVersions. Every number below the durable ceiling may be given out;
 * a start continues at the ceiling, so that none is ever used twice.
 */
export class ResourceVersions {
  #last: number;
  #ceiling: number;
  #asked = false;

  /** `stored`: the ceiling that the last run left. `reserve()` must be on disk before `next()`. */
  constructor(stored: string | undefined) {
    this.#last = stored === undefined ? FIRST : Number(stored);
    this.#ceiling = this.#last;
    if (!Number.isSafeInteger(this.#last)) {
      throw new RangeError(`Cannot continue at resourceVersion ${stored}: not an integer`);
    }
  }

  get last(): number {
    return this.#last;
  }

  next(): number {
    this.#last += 1;
    return this.#last;
  }

  /**
   * The write that moves the ceiling up, when it is time; it must be part of the turn of the
   * number given out last, so that no number above the ceiling becomes visible.
   */
  reserve(): { readonly operation: Operation; settled(durable: boolean): void } | undefined {
    if (this.#asked || this.#last + MARGIN < this.#ceiling) return undefined;
    this.#asked = true;
    const ceiling = this.#last + RESERVE;
    return {
      operation: { kind: "putSetting", name: CEILING_SETTING, value: String(ceiling) },
      settled: (durable) => {
        this.#asked = false;
        if (durable) this.#ceiling = ceiling;
      },
    };
  }
}
