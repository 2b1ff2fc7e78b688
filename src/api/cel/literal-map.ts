import { CelError } from "./errors.ts";
import { type CelMap, type CelValue, LiteralMap } from "./values.ts";

/** A map of what was written. @throws CelError where a key is none, or stands twice. */
export function literalMap(entries: Iterable<readonly [CelValue, CelValue]>): CelMap {
  try {
    return new LiteralMap(entries);
  } catch (error) {
    if (error instanceof TypeError) throw new CelError(error.message);
    throw error;
  }
}
