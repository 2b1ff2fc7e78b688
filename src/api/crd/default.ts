import { isJsonObject } from "../codec/json-value.ts";
import { itemsOf, type JsonSchemaProps, propertyOf } from "./json-schema-props.ts";

/** What becomes of a null where the schema allows none and has no default. */
export type StrayNulls = "dropped" | "kept";

/**
 * Fills in, in place, the defaults of a structural schema. A null where the schema allows none
 * counts as absent: it gives way to the default, or goes where stray nulls do.
 */
export function applyDefaults(
  value: unknown,
  schema: JsonSchemaProps | undefined,
  nulls: StrayNulls = "dropped",
): void {
  if (schema === undefined) return;
  if (Array.isArray(value)) defaultElements(value, itemsOf(schema), nulls);
  else if (isJsonObject(value)) defaultFields(value, schema, nulls);
}

function defaultElements(
  elements: unknown[],
  items: JsonSchemaProps | undefined,
  nulls: StrayNulls,
): void {
  if (items === undefined) return;
  for (const [index, element] of elements.entries()) {
    const isMissing = element === null && !items.nullable && items.default !== undefined;
    if (isMissing) elements[index] = structuredClone(items.default);
    applyDefaults(elements[index], items, nulls);
  }
}

function defaultFields(
  value: Record<string, unknown>,
  schema: JsonSchemaProps,
  nulls: StrayNulls,
): void {
  for (const [name, child] of Object.entries(value)) {
    const property = propertyOf(schema, name);
    if (property === undefined || child !== null || property.nullable) continue;
    if (property.default !== undefined) value[name] = structuredClone(property.default);
    else if (nulls === "dropped") delete value[name];
  }
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    if (property.default === undefined || Object.hasOwn(value, name)) continue;
    value[name] = structuredClone(property.default);
  }
  for (const [name, child] of Object.entries(value))
    applyDefaults(child, propertyOf(schema, name), nulls);
}

/** True where some default stands anywhere in a schema. */
export function hasDefaults(schema: JsonSchemaProps): boolean {
  const { properties = {}, additionalProperties } = schema;
  const items = itemsOf(schema);
  return (
    schema.default !== undefined ||
    Object.values(properties).some(hasDefaults) ||
    (typeof additionalProperties === "object" && hasDefaults(additionalProperties)) ||
    (items !== undefined && hasDefaults(items))
  );
}
