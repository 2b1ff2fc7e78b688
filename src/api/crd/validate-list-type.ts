import { type FieldError, forbidden, invalid, notSupported, required } from "../field-error.ts";
import { itemsOf, type JsonSchemaProps } from "./json-schema-props.ts";

const LIST_TYPES = ["atomic", "set", "map"];

/** Errors in `x-kubernetes-list-type` and `x-kubernetes-list-map-keys`. */
export function* validateMapAndSet(schema: JsonSchemaProps, path: string): Iterable<FieldError> {
  const listType = schema["x-kubernetes-list-type"];
  const keys = schema["x-kubernetes-list-map-keys"] ?? [];
  const items = itemsOf(schema);
  if (listType !== undefined) yield* ownType(schema, { path, listType });
  if (keys.length > 0 && listType !== "map") {
    const field = `${path}.x-kubernetes-list-type`;
    const detail = "must be map if x-kubernetes-list-map-keys is non-empty";
    yield listType === undefined
      ? required(field, detail)
      : invalid(field, { value: listType, detail });
  }
  if (listType === "map") yield* mapElements(schema, path, keys);
  if (items && (listType === "set" || listType === "map"))
    yield* presentKeys(items, { path, listType, keys });
}

function* ownType(
  schema: JsonSchemaProps,
  { path, listType }: { readonly path: string; readonly listType: string },
): Iterable<FieldError> {
  const { type = "" } = schema;
  const items = itemsOf(schema);
  if (type !== "array") {
    const detail = "must be array if x-kubernetes-list-type is specified";
    yield type === ""
      ? required(`${path}.type`, detail)
      : invalid(`${path}.type`, { value: type, detail });
  } else if (listType === "set" && items) {
    yield* atomicElements(items, path);
  }
  if (!LIST_TYPES.includes(listType))
    yield notSupported(`${path}.x-kubernetes-list-type`, {
      value: listType,
      supported: LIST_TYPES,
    });
}

function* atomicElements(items: JsonSchemaProps, path: string): Iterable<FieldError> {
  const detail = "must be atomic as item of a list with x-kubernetes-list-type=set";
  const value = items["x-kubernetes-list-type"] ?? null;
  if (items.type === "array" && value !== null && value !== "atomic")
    yield invalid(`${path}.items.x-kubernetes-list-type`, { value, detail });
  if (items.type === "object" && items["x-kubernetes-map-type"] !== "atomic")
    yield invalid(`${path}.items.x-kubernetes-map-type`, { value, detail });
}

function* mapElements(
  schema: JsonSchemaProps,
  path: string,
  keys: readonly string[],
): Iterable<FieldError> {
  const items = itemsOf(schema);
  const field = `${path}.x-kubernetes-list-map-keys`;
  if (keys.length === 0)
    yield required(field, "must not be empty if x-kubernetes-list-type is map");
  if (schema.items === undefined)
    yield required(`${path}.items`, "must have a schema if x-kubernetes-list-type is map");
  if (items === undefined) {
    if (schema.items !== undefined)
      yield invalid(`${path}.items`, {
        value: schema.items,
        detail: "must only have a single schema if x-kubernetes-list-type is map",
      });
    return;
  }
  if (items.type !== "object") {
    yield invalid(`${path}.items.type`, {
      value: items.type ?? "",
      detail: "must be object if parent array's x-kubernetes-list-type is map",
    });
    return;
  }
  for (const [index, key] of keys.entries()) {
    const property = items.properties?.[key];
    if (property === undefined)
      yield invalid(field, { value: keys, detail: "entries must all be names of item properties" });
    else if (property.type === "array" || property.type === "object")
      yield invalid(`${path}.items.properties[${key}].type`, {
        value: items.type,
        detail: "must be a scalar type if parent array's x-kubernetes-list-type is map",
      });
    if (keys.indexOf(key) < index)
      yield invalid(field, { value: keys, detail: "must not contain duplicate entries" });
  }
}

function* presentKeys(
  items: JsonSchemaProps,
  {
    path,
    listType,
    keys,
  }: { readonly path: string; readonly listType: string; readonly keys: readonly string[] },
): Iterable<FieldError> {
  if (items.nullable)
    yield forbidden(
      `${path}.items.nullable`,
      `cannot be nullable when x-kubernetes-list-type is ${listType}`,
    );
  if (listType !== "map") return;
  for (const key of keys) {
    const property = items.properties?.[key];
    if (property === undefined) continue;
    const field = `${path}.items.properties[${key}]`;
    if (!items.required?.includes(key) && property.default === undefined)
      yield required(
        `${field}.default`,
        "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property",
      );
    if (property.nullable)
      yield forbidden(
        `${field}.nullable`,
        "this property is in x-kubernetes-list-map-keys, so it cannot be nullable",
      );
  }
}
