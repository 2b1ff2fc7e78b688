import { isJsonObject } from "../codec/json-value.ts";
import { itemsOf, type JsonSchemaProps, propertyOf } from "./json-schema-props.ts";

/**
 * Fills in, in place, the defaults of a structural schema. A null where the schema allows none
 * counts as absent: it gives way to the default, or goes.
 */
export function applyDefaults(value: unknown, schema: JsonSchemaProps | undefined): void {
  if (schema === undefined) return;
  if (Array.isArray(value)) defaultElements(value, itemsOf(schema));
  else if (isJsonObject(value)) defaultFields(value, schema);
}

function defaultElements(elements: unknown[], items: JsonSchemaProps | undefined): void {
  if (items === undefined) return;
  for (const [index, element] of elements.entries()) {
    const isMissing = element === null && !items.nullable && items.default !== undefined;
    if (isMissing) elements[index] = structuredClone(items.default);
    applyDefaults(elements[index], items);
  }
}

function defaultFields(value: Record<string, unknown>, schema: JsonSchemaProps): void {
  for (const [name, child] of Object.entries(value)) {
    const property = propertyOf(schema, name);
    if (property === undefined || child !== null || property.nullable) continue;
    if (property.default === undefined) delete value[name];
    else value[name] = structuredClone(property.default);
  }
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    if (property.default === undefined || Object.hasOwn(value, name)) continue;
    value[name] = structuredClone(property.default);
  }
  for (const [name, child] of Object.entries(value)) applyDefaults(child, propertyOf(schema, name));
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
