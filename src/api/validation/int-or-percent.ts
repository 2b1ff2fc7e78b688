import { type FieldError, invalid, nonNegative } from "../field-error.ts";

/** How many, or what share of all: `3`, `"25%"`. */
export type IntOrPercent = number | string;

const PERCENT = /^[0-9]+%$/;
const PERCENT_ERROR =
  "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";

/** A number that is not below 0, or a percentage. */
export function validateIntOrPercent(value: IntOrPercent, path: string): FieldError[] {
  if (typeof value === "number") return nonNegative(path, value);
  return PERCENT.test(value) ? [] : [invalid(path, { value, detail: PERCENT_ERROR })];
}

/** The number itself, that of the percentage, or 0 where it is neither. */
export function numberOf(value: IntOrPercent): number {
  const number = typeof value === "number" ? value : Number.parseInt(value, 10);
  return Number.isNaN(number) ? 0 : number;
}

/** No more than there are: 100 % at most. */
export function notMoreThanAll(value: IntOrPercent, path: string): FieldError[] {
  const isPercent = typeof value === "string" && PERCENT.test(value);
  if (!isPercent || numberOf(value) <= 100) return [];
  return [invalid(path, { value, detail: "must not be greater than 100%" })];
}
