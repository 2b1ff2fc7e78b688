import { isJsonObject } from "../codec/json-value.ts";
import { type FieldError, invalid } from "../field-error.ts";
import { Patterns } from "../go-regexp.ts";
import { itemsOf, type JsonSchemaProps } from "./json-schema-props.ts";
import { prune } from "./prune.ts";
import { validateValue } from "./validate-value.ts";

/** Errors in the defaults of a structural schema: each must be what its own schema allows. */
export function validateDefaults(
  schema: JsonSchemaProps,
  path: string,
  patterns = new Patterns(),
): FieldError[] {
  const items = itemsOf(schema);
  return [
    ...validateDefault(schema, `${path}.default`, patterns),
    ...(items ? validateDefaults(items, `${path}.items`, patterns) : []),
    ...Object.entries(schema.properties ?? {}).flatMap(([name, property]) =>
      validateDefaults(property, `${path}.properties[${name}]`, patterns),
    ),
  ];
}

function validateDefault(schema: JsonSchemaProps, path: string, patterns: Patterns): FieldError[] {
  const { default: value } = schema;
  if (value === undefined) return [];
  const unknown = hasUnknown(schema, value)
    ? [invalid(path, { value, detail: "must not have unknown fields" })]
    : [];
  const errors = validateValue(schema, { value, old: undefined }, patterns);
  return [
    ...unknown,
    ...errors.map((error) => ({
      ...error,
      field: error.field === "<nil>" ? path : `${path}.${error.field}`,
    })),
  ];
}

function hasUnknown(schema: JsonSchemaProps, value: unknown): boolean {
  // A value of its own kind, as the one field of a resource.
  const holder = { value: structuredClone(value) };
  const around: JsonSchemaProps = { properties: { value: schema } };
  prune(holder, around);
  return isJsonObject(holder) && !Bun.deepEquals(holder.value, value);
}
