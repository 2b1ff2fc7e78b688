import { htmlSafeJson, jsonText, WrittenJson } from "#lib/json-text.ts";
import { aggregated } from "./aggregate.ts";
import { sorted } from "./codec/json-value.ts";

/** The causes of Kubernetes' `field.ErrorType` (apimachinery/pkg/util/validation/field/errors.go). */
export type FieldErrorReason =
  | "FieldValueNotFound"
  | "FieldValueRequired"
  | "FieldValueDuplicate"
  | "FieldValueInvalid"
  | "FieldValueNotSupported"
  | "FieldValueForbidden"
  | "FieldValueTooLong"
  | "FieldValueTooMany"
  | "InternalError"
  | "FieldValueTypeInvalid";

/** One thing that is wrong with a field; `message` is Kubernetes' own wording, without the path. */
export interface FieldError {
  readonly reason: FieldErrorReason;
  /** `spec.containers[0].image` */
  readonly field: string;
  /** `Required value`, `Invalid value: "x": must be …` */
  readonly message: string;
  /** It was so before: the client is told, and the write goes on. */
  readonly isLetBe?: boolean;
}

/** All that is wrong with an object, in one text (`field.ErrorList.ToAggregate`). */
export function fieldErrorsText(errors: readonly FieldError[]): string {
  return aggregated(errors.map(({ field, message }) => `${field}: ${message}`));
}

/** Go writes a text as it is, and the JSON of anything else so that HTML may hold it, maps in order. */
function quote(value: unknown): string {
  if (value instanceof WrittenJson) return value.text;
  return typeof value === "string" ? jsonText(value) : htmlSafeJson(sorted(value));
}

const withDetail = (head: string, detail: string): string =>
  detail === "" ? head : `${head}: ${detail}`;

/** A value that must be there is not. */
export function required(field: string, detail = ""): FieldError {
  return { reason: "FieldValueRequired", field, message: withDetail("Required value", detail) };
}

/** A value breaks a rule. */
export function invalid(
  field: string,
  { value, detail }: { value: unknown; detail: string },
): FieldError {
  const head = `Invalid value: ${quote(value)}`;
  return { reason: "FieldValueInvalid", field, message: withDetail(head, detail) };
}

/** It is not the value's fault. */
export function internal(field: string, detail: string): FieldError {
  return { reason: "InternalError", field, message: withDetail("Internal error", detail) };
}

/** A value may not be given here. */
export function forbidden(field: string, detail: string): FieldError {
  return { reason: "FieldValueForbidden", field, message: withDetail("Forbidden", detail) };
}

/** A value stands twice where it must be unique. */
export function duplicate(field: string, value: unknown): FieldError {
  return { reason: "FieldValueDuplicate", field, message: `Duplicate value: ${quote(value)}` };
}

/** A reference leads nowhere. */
export function notFoundValue(field: string, value: unknown): FieldError {
  return { reason: "FieldValueNotFound", field, message: `Not found: ${quote(value)}` };
}

/** A value is none of those that are supported, which are named in the order given. */
export function notSupported(
  field: string,
  { value, supported }: { value: unknown; supported: readonly string[] },
): FieldError {
  const list = supported.map(quote).join(", ");
  const message = `Unsupported value: ${quote(value)}: supported values: ${list}`;
  return { reason: "FieldValueNotSupported", field, message };
}

/** A list has more items than it may have. */
export function tooMany(field: string, { count, max }: { count: number; max: number }): FieldError {
  const message = `Too many: ${count}: must have at most ${max} items`;
  return { reason: "FieldValueTooMany", field, message };
}

/** Something is wrong with a value that is better not repeated. */
export function invalidWithoutValue(field: string, detail: string): FieldError {
  return { reason: "FieldValueInvalid", field, message: `Invalid value: ${detail}` };
}

/** A number is below 0. */
export function nonNegative(field: string, value: number | undefined): FieldError[] {
  if (value === undefined || value >= 0) return [];
  return [invalid(field, { value, detail: "must be greater than or equal to 0" })];
}

/** A number is 0 or below. */
export function positive(field: string, value: number | undefined): FieldError[] {
  if (value === undefined || value > 0) return [];
  return [invalid(field, { value, detail: "must be greater than zero" })];
}

/** A value that may not change did. Both are JSON. */
export function immutable(
  field: string,
  { next, current }: { next: unknown; current: unknown },
): FieldError[] {
  if (Bun.deepEquals(next, current)) return [];
  return [invalid(field, { value: next ?? null, detail: "field is immutable" })];
}

/** One error for each text that a format rule found wrong with `value`. */
export function invalidAll(
  field: string,
  { value, details }: { value: unknown; details: readonly string[] },
): FieldError[] {
  return details.map((detail) => invalid(field, { value, detail }));
}

/** A value is longer than `maxLength` bytes. */
export function tooLong(field: string, maxLength: number): FieldError {
  const message = `Too long: may not be more than ${maxLength} bytes`;
  return { reason: "FieldValueTooLong", field, message };
}
