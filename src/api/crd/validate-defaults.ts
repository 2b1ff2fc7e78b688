import { CelCompileError } from "../cel/compile-error.ts";
import { isJsonObject } from "../codec/json-value.ts";
import { type FieldError, invalid } from "../field-error.ts";
import { Patterns } from "../go-regexp.ts";
import { validateEmbedded } from "./embedded.ts";
import { itemsOf, type JsonSchemaProps } from "./json-schema-props.ts";
import { prune } from "./prune.ts";
import { hasRules, SchemaRules } from "./rules.ts";
import { validateValue } from "./validate-value.ts";

/** Errors in the defaults of a structural schema: each must be what its own schema allows. */
export function validateDefaults(schema: JsonSchemaProps, path: string): FieldError[] {
  // The root is a resource, whether it says so or not.
  return inside({ ...schema, "x-kubernetes-embedded-resource": true }, path, new Patterns());
}

function inside(schema: JsonSchemaProps, path: string, patterns: Patterns): FieldError[] {
  const items = itemsOf(schema);
  return [
    ...validateDefault(schema, `${path}.default`, patterns),
    ...(items ? inside(items, `${path}.items`, patterns) : []),
    ...Object.entries(schema.properties ?? {}).flatMap(([name, property]) =>
      inside(property, `${path}.properties[${name}]`, patterns),
    ),
  ];
}

function validateDefault(schema: JsonSchemaProps, path: string, patterns: Patterns): FieldError[] {
  const { default: value } = schema;
  if (value === undefined) return [];
  const below = (errors: readonly FieldError[]): FieldError[] =>
    errors.map((error) => ({
      ...error,
      field: error.field === "<nil>" ? path : `${path}.${error.field}`,
    }));
  const unknown = hasUnknown(schema, value)
    ? [invalid(path, { value, detail: "must not have unknown fields" })]
    : [];
  // A value of its own kind, as the one field of a resource.
  const resources = validateEmbedded({ value }, { properties: { value: schema } });
  if (resources.length > 0)
    return [
      ...unknown,
      ...resources.map((error) => ({ ...error, field: error.field.replace(/^value/, () => path) })),
    ];
  const errors = validateValue(schema, { value, old: undefined }, patterns);
  return [...unknown, ...below(errors.length > 0 ? errors : brokenRules(schema, value))];
}

/** Rules that a default breaks: as what was there before, or else as what is new. */
function brokenRules(schema: JsonSchemaProps, value: unknown): readonly FieldError[] {
  if (!hasRules(schema)) return [];
  const rules = new SchemaRules(schema);
  try {
    const kept = rules.validate({ value, old: value });
    return kept.length > 0 ? kept : rules.validate({ value, old: undefined });
  } catch (error) {
    // Rules that are no rules are told where they stand.
    if (error instanceof CelCompileError) return [];
    throw error;
  }
}

function hasUnknown(schema: JsonSchemaProps, value: unknown): boolean {
  const holder = { value: structuredClone(value) };
  prune(holder, { properties: { value: schema } });
  return isJsonObject(holder) && !Bun.deepEquals(holder.value, value);
}
