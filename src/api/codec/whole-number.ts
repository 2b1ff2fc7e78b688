const MIN_INT64 = -(2n ** 63n);
const MAX_INT64 = 2n ** 63n - 1n;

/**
 * A whole number as Go keeps it: exact as far as an int64 goes (a `bigint` where a `number` is too
 * small for it), a float64 beyond.
 */
export function wholeNumber(value: bigint): number | bigint {
  const number = Number(value);
  if (Number.isSafeInteger(number)) return number;
  return value >= MIN_INT64 && value <= MAX_INT64 ? value : number;
}

export const isWhole = (value: unknown): value is number | bigint =>
  typeof value === "bigint" || Number.isSafeInteger(value);
