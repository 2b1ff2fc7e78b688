import { CelError } from "../cel/errors.ts";
import { parseDuration, parseTimestamp } from "../cel/library/time-text.ts";
import { escapedName, objectOf } from "../cel/object-types.ts";
import { BOOL, type CelType, DYN, INT, listOf, mapOf, STRING } from "../cel/types.ts";
import { type CelMap, type CelValue, keyedList, LiteralMap } from "../cel/values.ts";
import { isJsonObject, type JsonObject } from "../codec/json-value.ts";
import { itemsOf, type JsonSchemaProps, propertyOf } from "./json-schema-props.ts";

/** What is known of a resource whatever its schema says. */
const RESOURCE: Readonly<Record<string, JsonSchemaProps>> = {
  apiVersion: { type: "string" },
  kind: { type: "string" },
  metadata: {
    type: "object",
    properties: { name: { type: "string" }, generateName: { type: "string" } },
  },
};

/** The schema of a resource as its rules see it. */
export function withResourceFields(schema: JsonSchemaProps): JsonSchemaProps {
  return { ...schema, properties: { ...schema.properties, ...RESOURCE } };
}

const FORMATTED: Readonly<Record<string, CelType>> = {
  byte: { is: "bytes" },
  duration: { is: "duration" },
  date: { is: "timestamp" },
  "date-time": { is: "timestamp" },
};

/**
 * The type that values of a schema have in expressions: `dyn`, which takes every value, where the
 * schema does not say. `name` tells object types apart.
 */
export function celTypeOf(schema: JsonSchemaProps, name: string): CelType {
  return exposedType(schema, name) ?? DYN;
}

/** None where expressions do not get to see such values, nor lists and maps of them. */
function exposedType(schema: JsonSchemaProps, name: string): CelType | undefined {
  if (schema["x-kubernetes-int-or-string"]) return DYN;
  switch (schema.type ?? "") {
    case "object":
      return objectType(schema, name);
    case "array": {
      const items = itemsOf(schema);
      const of = items && exposedType(items, `${name}.@items`);
      return of && listOf(of);
    }
    case "string":
      return FORMATTED[schema.format ?? ""] ?? STRING;
    case "boolean":
      return BOOL;
    case "number":
      return { is: "double" };
    case "integer":
      return INT;
    default:
      return undefined;
  }
}

function objectType(schema: JsonSchemaProps, name: string): CelType | undefined {
  const { additionalProperties } = schema;
  if (typeof additionalProperties === "object") {
    const value = exposedType(additionalProperties, `${name}.@elem`);
    return value && mapOf(STRING, value);
  }
  const own = schema["x-kubernetes-embedded-resource"] ? withResourceFields(schema) : schema;
  return objectOf(
    name,
    Object.entries(own.properties ?? {}).map(([property, inner]) => [
      property,
      exposedType(inner, `${name}.${property}`),
    ]),
  );
}

/** A JSON value as expressions see it: what is whole is an int only where the schema says so. */
export function celValueOf(value: unknown, schema: JsonSchemaProps | undefined): CelValue {
  if (value === null || value === undefined) return null;
  if (typeof value === "boolean") return value;
  if (typeof value === "number") return numberOf(value, schema);
  if (typeof value === "string") return textOf(value, schema);
  if (Array.isArray(value)) {
    const items = schema && itemsOf(schema);
    const elements = value.map((element: unknown) => celValueOf(element, items));
    if (schema?.["x-kubernetes-list-type"] === "set") return keyedList(elements, "self");
    if (schema?.["x-kubernetes-list-type"] === "map") return keyedList(elements, keysOf(schema));
    return elements;
  }
  if (!isJsonObject(value)) return null;
  if (schema?.properties === undefined)
    return new LiteralMap(
      Object.entries(value).map(([name, child]) => [
        name,
        celValueOf(child, schema && propertyOf(schema, name)),
      ]),
    );
  const own = schema["x-kubernetes-embedded-resource"] ? withResourceFields(schema) : schema;
  return new SchemaObject(value, own);
}

/** The keys of a list that is a map, as expressions write them. */
const keysOf = (schema: JsonSchemaProps): readonly string[] =>
  (schema["x-kubernetes-list-map-keys"] ?? []).map((key) => escapedName(key) ?? key);

function numberOf(value: number, schema: JsonSchemaProps | undefined): CelValue {
  const isDouble = schema?.type === "number" || !Number.isInteger(value);
  return isDouble ? value : BigInt(value);
}

function textOf(text: string, schema: JsonSchemaProps | undefined): CelValue {
  if (schema?.type !== "string") return text;
  try {
    switch (schema.format ?? "") {
      case "byte":
        return new Uint8Array(Buffer.from(text, "base64"));
      case "duration":
        return parseDuration(text);
      case "date":
        return parseTimestamp(`${text}T00:00:00Z`);
      case "date-time":
        return parseTimestamp(text);
      default:
        return text;
    }
  } catch (error) {
    if (error instanceof CelError) return text;
    throw error;
  }
}

/** An object of declared fields, each converted when it is first asked for. */
class SchemaObject implements CelMap {
  readonly isMap = true;
  readonly #object: JsonObject;
  readonly #schema: JsonSchemaProps;
  readonly #names: ReadonlyMap<string, string>;
  readonly #values = new Map<string, CelValue>();

  constructor(object: JsonObject, schema: JsonSchemaProps) {
    this.#object = object;
    this.#schema = schema;
    const known = Object.keys(object).filter((name) =>
      Object.hasOwn(schema.properties ?? {}, name),
    );
    this.#names = new Map(known.flatMap((name) => [[escapedName(name) ?? name, name] as const]));
  }

  get size(): number {
    return this.#names.size;
  }

  get(key: CelValue): CelValue | undefined {
    const asked = typeof key === "string" ? key : "";
    const name = this.#names.get(asked) ?? this.#names.get(`__${asked}__`);
    if (name === undefined) return undefined;
    const known = this.#values.get(name);
    if (known !== undefined) return known;
    const value = celValueOf(this.#object[name], this.#schema.properties?.[name]);
    this.#values.set(name, value);
    return value;
  }

  keys(): readonly CelValue[] {
    return [...this.#names.keys()];
  }
}
