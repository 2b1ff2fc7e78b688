import { jsonText } from "#lib/json-text.ts";
import { isJsonObject, type JsonObject } from "../codec/json-value.ts";
import { type FieldError, invalid, notSupported, required, tooLong } from "../field-error.ts";
import type { Patterns } from "../go-regexp.ts";
import { hasFormat, isKnownFormat } from "./formats.ts";
import { itemsOf, type JsonSchemaProps, propertyOf } from "./json-schema-props.ts";
import { correlate } from "./list-types.ts";
import { isWhole, validateNumber } from "./validate-number.ts";

/** A value and, where it can be told, the one that it replaces. */
interface Pair {
  readonly value: unknown;
  /** `undefined`: there was none, or nobody knows which. */
  readonly old: unknown;
}

interface Outcome {
  readonly errors: readonly FieldError[];
  /** How many schemas were looked at: of two failed alternatives the deeper one is told. */
  readonly depth: number;
}

/** The field of an error that is about no single field. */
const NOWHERE = "<nil>";

/**
 * Errors of a value against its schema, in kube-openapi's words. What is as it was before the
 * update is not held against it (ratcheting); `old` undefined is a new object.
 */
export function validateValue(
  schema: JsonSchemaProps,
  pair: Pair,
  patterns: Patterns,
): readonly FieldError[] {
  return new Validator(patterns).validate(schema, pair, "").errors;
}

class Validator {
  readonly #patterns: Patterns;

  constructor(patterns: Patterns) {
    this.#patterns = patterns;
  }

  validate(schema: JsonSchemaProps, { value, old }: Pair, path: string): Outcome {
    if (old !== undefined && Bun.deepEquals(value, old)) return { errors: [], depth: 1 };
    if (value === null) {
      const errors = [...typeErrors(schema, value, path), ...enumErrors(schema, value, path)];
      return { errors, depth: 1 };
    }
    const parts: Outcome[] = [
      { errors: typeErrors(schema, value, path), depth: 1 },
      this.#junctors(schema, { value, old }, path),
      { errors: this.#scalar(schema, value, path), depth: 0 },
    ];
    if (Array.isArray(value)) parts.push(this.#list(schema, { value, old }, path));
    parts.push({ errors: enumErrors(schema, value, path), depth: 0 });
    if (isJsonObject(value)) parts.push(this.#object(schema, { value, old }, path));
    return {
      errors: parts.flatMap(({ errors }) => errors),
      depth: parts.reduce((sum, { depth }) => sum + depth, 0),
    };
  }

  #scalar(schema: JsonSchemaProps, value: unknown, path: string): FieldError[] {
    if (typeof value === "string") return this.#string(schema, value, path);
    const isNumber = typeof value === "number" || typeof value === "bigint";
    return isNumber ? validateNumber({ value, schema, path, field: fieldOf(path) }) : [];
  }

  #string(schema: JsonSchemaProps, value: string, path: string): FieldError[] {
    const { maxLength, minLength, pattern, format } = schema;
    const length = [...value].length;
    const say = (text: string): FieldError =>
      invalid(fieldOf(path), { value, detail: `${path} in body ${text}` });
    const ofFormat =
      format !== undefined && !hasFormat(value, format)
        ? [typeInvalid(path, { value, wanted: format })]
        : [];
    // Of these, the first that fails is told.
    if (maxLength !== undefined && length > maxLength)
      return [tooLong(fieldOf(path), maxLength), ...ofFormat];
    if (minLength !== undefined && length < minLength)
      return [say(`should be at least ${minLength} chars long`), ...ofFormat];
    if (pattern !== undefined && !this.#patterns.get(pattern).test(value))
      return [say(`should match '${pattern}'`), ...ofFormat];
    return ofFormat;
  }

  #list(
    schema: JsonSchemaProps,
    { value, old }: { readonly value: readonly unknown[]; readonly old: unknown },
    path: string,
  ): Outcome {
    const { minItems, maxItems } = schema;
    const items = itemsOf(schema);
    const errors: FieldError[] = [];
    let depth = 0;
    if (items !== undefined) {
      const before = correlate(schema, old);
      for (const [index, element] of value.entries()) {
        const pair = { value: element, old: before(element) };
        const found = this.validate(items, pair, `${path}[${index}]`);
        errors.push(...found.errors);
        depth += found.depth;
      }
    }
    const size = value.length;
    if (minItems !== undefined && size < minItems)
      errors.push(
        invalid(fieldOf(path), {
          value: size,
          detail: `${path} in body should have at least ${minItems} items`,
        }),
      );
    if (maxItems !== undefined && size > maxItems)
      errors.push(tooMany(fieldOf(path), { actual: size, max: maxItems }));
    return { errors, depth };
  }

  #object(
    schema: JsonSchemaProps,
    { value, old }: { readonly value: JsonObject; readonly old: unknown },
    path: string,
  ): Outcome {
    const { minProperties, maxProperties } = schema;
    const size = Object.keys(value).length;
    if (minProperties !== undefined && size < minProperties) {
      const detail = `${path} in body should have at least ${minProperties} properties`;
      return { errors: [invalid(fieldOf(path), { value: size, detail })], depth: 0 };
    }
    if (maxProperties !== undefined && size > maxProperties)
      return { errors: [tooMany(fieldOf(path), { actual: size, max: maxProperties })], depth: 0 };
    const errors: FieldError[] = [];
    let depth = 0;
    const before = isJsonObject(old) ? old : {};
    for (const [name, child] of Object.entries(value)) {
      const property = propertyOf(schema, name);
      if (property === undefined) continue;
      const found = this.validate(property, { value: child, old: before[name] }, below(path, name));
      errors.push(...found.errors);
      depth += found.depth;
    }
    errors.push(...forbiddenProperties(schema, value, path));
    for (const name of schema.required ?? [])
      if (!Object.hasOwn(value, name)) errors.push(required(below(path, name)));
    return { errors, depth };
  }

  #junctors(schema: JsonSchemaProps, pair: Pair, path: string): Outcome {
    const { anyOf, oneOf, allOf, not } = schema;
    const try_ = (one: JsonSchemaProps): Outcome => this.validate(one, pair, path);
    const parts = [
      ...(anyOf && anyOf.length > 0 ? [judgeAnyOf(anyOf.map(try_), path)] : []),
      ...(oneOf && oneOf.length > 0 ? [judgeOneOf(oneOf.map(try_), path)] : []),
      ...(allOf && allOf.length > 0 ? [judgeAllOf(allOf.map(try_), path)] : []),
      ...(not ? [judgeNot(try_(not), path)] : []),
    ];
    return { errors: parts.flatMap(({ errors }) => errors), depth: depthOf(parts) };
  }
}

const depthOf = (outcomes: readonly Outcome[]): number =>
  outcomes.reduce((sum, { depth }) => sum + depth, 0);

function composite(path: string, text: string): FieldError {
  return invalid(NOWHERE, { value: "", detail: `${JSON.stringify(path)} ${text}` });
}

function judgeAnyOf(outcomes: readonly Outcome[], path: string): Outcome {
  const good = outcomes.find(isGood);
  if (good) return good;
  const error = composite(path, "must validate at least one schema (anyOf)");
  const best = closest(outcomes);
  return { errors: [error, ...best.errors], depth: best.depth };
}

function judgeOneOf(outcomes: readonly Outcome[], path: string): Outcome {
  const [first, ...others] = outcomes.filter(isGood);
  if (first && others.length === 0) return first;
  const good = first ? others.length + 1 : 0;
  const found = good === 0 ? "Found none valid" : `Found ${good} valid alternatives`;
  const error = composite(path, `must validate one and only one schema (oneOf). ${found}`);
  if (good > 0) return { errors: [error], depth: 0 };
  const best = closest(outcomes);
  return { errors: [error, ...best.errors], depth: best.depth };
}

function judgeAllOf(outcomes: readonly Outcome[], path: string): Outcome {
  const depth = depthOf(outcomes);
  const good = outcomes.filter(isGood).length;
  if (good === outcomes.length) return { errors: [], depth };
  const none = good === 0 ? ". None validated" : "";
  const error = composite(path, `must validate all the schemas (allOf)${none}`);
  return { errors: [...outcomes.flatMap(({ errors }) => errors), error], depth };
}

function judgeNot(outcome: Outcome, path: string): Outcome {
  const errors = isGood(outcome) ? [composite(path, "must not validate the schema (not)")] : [];
  return { errors, depth: 0 };
}

function forbiddenProperties(
  { additionalProperties, properties = {} }: JsonSchemaProps,
  value: JsonObject,
  path: string,
): FieldError[] {
  if (additionalProperties !== false) return [];
  const forbidden = Object.keys(value).filter((name) => !Object.hasOwn(properties, name));
  return forbidden.map((name) => {
    const detail = `${path}.${name} in body is a forbidden property`;
    return invalid(fieldOf(below(path, name)), { value: "", detail });
  });
}

const below = (path: string, name: string): string => (path === "" ? name : `${path}.${name}`);

const isGood = ({ errors }: Outcome): boolean => errors.length === 0;

/** The alternative that came furthest. */
function closest([first, ...others]: readonly Outcome[]): Outcome {
  return others.reduce((a, b) => (b.depth > a.depth ? b : a), first ?? { errors: [], depth: 0 });
}

const JSON_TYPES: Readonly<Record<string, string>> = {
  boolean: "boolean",
  string: "string",
  object: "object",
};

function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "bigint") return "integer";
  if (typeof value === "number") return isWhole(value) ? "integer" : "number";
  return JSON_TYPES[typeof value] ?? "object";
}

function typeErrors(schema: JsonSchemaProps, value: unknown, path: string): FieldError[] {
  const wanted = schema["x-kubernetes-int-or-string"] ? "integer,string" : (schema.type ?? "");
  if (wanted === "" || (value === null && schema.nullable)) return [];
  const found = typeOf(value);
  const types = wanted.split(",");
  if (types.includes(found) || (found === "integer" && types.includes("number"))) return [];
  const { format = "" } = schema;
  // Go has the value as float64 by now, and says so where it compares formats.
  if (found === "number" && isKnownFormat(format, wanted))
    return [typeInvalid(path, { value: "float64", wanted: format })];
  return [typeInvalid(path, { value: found, wanted })];
}

function typeInvalid(
  path: string,
  { value, wanted }: { readonly value: string; readonly wanted: string },
): FieldError {
  const shown = JSON.stringify(value);
  return {
    reason: "FieldValueTypeInvalid",
    field: fieldOf(path),
    message: `Invalid value: ${shown}: ${path} in body must be of type ${wanted}: ${shown}`,
  };
}

function enumErrors(schema: JsonSchemaProps, value: unknown, path: string): FieldError[] {
  const { enum: allowed } = schema;
  if (allowed === undefined || (value === null && schema.nullable)) return [];
  if (allowed.some((one) => Bun.deepEquals(one, value))) return [];
  const supported = allowed.map((one) => (typeof one === "string" ? one : jsonText(one)));
  return [notSupported(fieldOf(path), { value, supported })];
}

function tooMany(
  field: string,
  { actual, max }: { readonly actual: number; readonly max: number },
): FieldError {
  const message = `Too many: ${actual}: must have at most ${max} items`;
  return { reason: "FieldValueTooMany", field, message };
}

const fieldOf = (path: string): string => (path === "" ? NOWHERE : path);
