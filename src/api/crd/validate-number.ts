import { type FieldError, invalid } from "../field-error.ts";
import { isKnownFormat } from "./formats.ts";
import type { JsonSchemaProps } from "./json-schema-props.ts";

const MAX_INT32 = 2 ** 31 - 1;
const MAX_FLOAT32 = 3.402_823_466_385_288_6e38;
const CLOSE = 1e-9;

/** True for what Go takes for an integer though it came as a float: nothing beyond 2^53. */
export function isWhole(value: number): boolean {
  return Number.isSafeInteger(value);
}

/** A number, its schema and where it is. */
export interface NumberAt {
  readonly value: number | bigint;
  readonly schema: JsonSchemaProps;
  /** `spec.n`; its field in errors is `field`. */
  readonly path: string;
  readonly field: string;
}

/** Errors of a number's bounds, steps and format (kube-openapi's `numberValidator`). */
export function validateNumber(at: NumberAt): FieldError[] {
  const { value, schema, path, field } = at;
  const { maximum, minimum, exclusiveMaximum, exclusiveMinimum } = schema;
  const errors = [...formatErrors(at), ...stepErrors(at)];
  const say = (text: string): void => {
    errors.push(invalid(field, { value, detail: `${path} in body should be ${text}` }));
  };
  if (maximum !== undefined) {
    if (exclusiveMaximum && value >= maximum) say(`less than ${maximum}`);
    else if (value > maximum) say(`less than or equal to ${maximum}`);
  }
  if (minimum !== undefined) {
    if (exclusiveMinimum && value <= minimum) say(`greater than ${minimum}`);
    else if (value < minimum) say(`greater than or equal to ${minimum}`);
  }
  return errors;
}

function formatErrors({ value, schema, path }: NumberAt): FieldError[] {
  const { type = "", format = "" } = schema;
  if ((type !== "integer" && type !== "number") || fits(value, type, format)) return [];
  const wanted = isKnownFormat(format, type) ? `with format ${format}` : "(default format)";
  const detail = `Checked value must be of type ${type} ${wanted} in ${path}`;
  return [invalid("<nil>", { value: "", detail })];
}

function fits(value: number | bigint, type: "integer" | "number", format: string): boolean {
  if (type === "number") return format !== "float" || Math.abs(Number(value)) <= MAX_FLOAT32;
  if (typeof value === "bigint") return format !== "int32";
  if (!isWhole(value)) return false;
  return format !== "int32" || (value <= MAX_INT32 && value >= -MAX_INT32 - 1);
}

function stepErrors({ value, schema, path, field }: NumberAt): FieldError[] {
  const { multipleOf } = schema;
  if (multipleOf === undefined) return [];
  const isInteger = typeof value === "bigint" || isWhole(value);
  // Go counts whole numbers in whole steps.
  const step = isInteger ? Math.trunc(multipleOf) : multipleOf;
  if (step <= 0) {
    const detail = `factor MultipleOf declared for ${path} must be positive: ${step}`;
    return [invalid(field, { value: step, detail })];
  }
  const number = Number(value);
  const steps = step < 1 ? (1 / step) * number : number / step;
  if (Math.abs(steps - Math.round(steps)) <= CLOSE * Math.max(1, Math.abs(steps))) return [];
  return [
    invalid(field, { value, detail: `${path} in body should be a multiple of ${multipleOf}` }),
  ];
}
