import { escapedName } from "../cel/object-types.ts";
import { withResourceFields } from "./cel-schema.ts";
import { itemsOf, type JsonSchemaProps } from "./json-schema-props.ts";

/** What a request may hold: nothing in an object is larger. */
const MAX_REQUEST_BYTES = 3 * 1024 * 1024;
/** Quotes, brackets or braces around a value. */
const AROUND = 2;
/** Of UTF-8. */
const MAX_CHARACTER_BYTES = 4;

/** How large values of a schema may be, as Kubernetes' rules see them (its `DeclType`). */
interface SizedType {
  /** Characters, bytes, elements or entries; 0 of what has none. */
  readonly maxElements: number;
  /** The fewest bytes of JSON that hold a value. */
  readonly minBytes: number;
  /** By the names that expressions use. */
  readonly fields?: ReadonlyMap<string, SizedType>;
  readonly keys?: SizedType;
  readonly elements?: SizedType;
}

const KEYS: SizedType = { maxElements: 0, minBytes: 2 };

/** Texts that are of a format: how long they may be, and the fewest bytes they take. */
const FORMATS: Readonly<Record<string, SizedType>> = {
  duration: { maxElements: 32, minBytes: 3 },
  date: { maxElements: 12, minBytes: 12 },
  "date-time": { maxElements: 32, minBytes: 21 },
};

/** Undefined of what rules do not see (k8s.io/apiserver/pkg/cel/common/schemas.go). */
export function sizedType(schema: JsonSchemaProps): SizedType | undefined {
  if (schema["x-kubernetes-int-or-string"])
    return { maxElements: maxLengthOf(schema, MAX_CHARACTER_BYTES), minBytes: 1 };
  switch (schema.type ?? "") {
    case "array":
      return listType(schema);
    case "object":
      return typeof schema.additionalProperties === "object"
        ? mapType(schema, schema.additionalProperties)
        : objectType(
            schema["x-kubernetes-embedded-resource"] ? withResourceFields(schema) : schema,
          );
    case "string":
      return textType(schema);
    case "boolean":
      return { maxElements: 0, minBytes: 4 };
    case "number":
    case "integer":
      return { maxElements: 0, minBytes: 1 };
    default:
      return undefined;
  }
}

function listType(schema: JsonSchemaProps): SizedType | undefined {
  const elements = sizedType(itemsOf(schema) ?? {});
  if (elements === undefined) return undefined;
  const most = Math.floor((MAX_REQUEST_BYTES - AROUND) / (elements.minBytes + 1));
  return { maxElements: limit(schema.maxItems) ?? most, minBytes: AROUND, elements };
}

function mapType(schema: JsonSchemaProps, values: JsonSchemaProps): SizedType | undefined {
  const elements = sizedType(values);
  if (elements === undefined) return undefined;
  // A key of two characters in quotes, a colon and a comma.
  const most = Math.floor((MAX_REQUEST_BYTES - AROUND) / (elements.minBytes + 6));
  return {
    maxElements: limit(schema.maxProperties) ?? most,
    minBytes: AROUND,
    keys: KEYS,
    elements,
  };
}

function objectType({ properties = {}, required = [] }: JsonSchemaProps): SizedType {
  const fields = new Map<string, SizedType>();
  let minBytes = AROUND;
  for (const [name, property] of Object.entries(properties)) {
    const type = sizedType(property);
    if (type === undefined) continue;
    const written = escapedName(name);
    if (written !== undefined) fields.set(written, type);
    // What is filled in need not be sent. Quotes, a colon and a comma are around the others.
    const isFilledIn = property.default !== undefined && property.default !== null;
    if (required.includes(name) && !isFilledIn)
      minBytes += Buffer.byteLength(name) + type.minBytes + 4;
  }
  return { maxElements: 0, minBytes, fields };
}

function textType(schema: JsonSchemaProps): SizedType {
  const { format = "", maxLength, enum: values = [] } = schema;
  const formatted = Object.hasOwn(FORMATS, format) ? FORMATS[format] : undefined;
  if (formatted) return formatted;
  if (format === "byte") return { maxElements: maxLengthOf(schema, 1), minBytes: AROUND };
  const longest = Math.max(
    0,
    ...values.map((value) => (typeof value === "string" ? Buffer.byteLength(value) : 0)),
  );
  const isListed = maxLength === undefined && values.length > 0;
  return {
    maxElements: isListed ? longest : maxLengthOf(schema, MAX_CHARACTER_BYTES),
    minBytes: AROUND,
  };
}

const limit = (given: number | undefined): number | undefined =>
  given === undefined ? undefined : Math.max(0, Number(given));

function maxLengthOf({ maxLength }: JsonSchemaProps, perCharacter: number): number {
  const given = limit(maxLength);
  return given === undefined ? MAX_REQUEST_BYTES - AROUND : given * perCharacter;
}

/** The size of what lies below a value of that type. */
export function sizeBelow(type: SizedType, path: readonly string[]): number | undefined {
  let here: SizedType | undefined = type;
  for (const name of path) {
    if (name === "@items" || name === "@values") here = here.elements;
    else if (name === "@keys") here = here.keys;
    else here = here.fields?.get(name);
    if (here === undefined) return undefined;
  }
  return here.maxElements;
}

/** How often a value of that type may stand in one object. */
export const maxCount = ({ minBytes }: SizedType): number =>
  Math.floor(MAX_REQUEST_BYTES / (minBytes + 1));

/**
 * How many values there may be below each value of a schema: one in an object, what the schema
 * allows in a list or map. Undefined where the schema sets no bound.
 */
export function boundOfParts(schema: JsonSchemaProps): number | undefined {
  if (schema.type === "array") return limit(schema.maxItems);
  const isMap = schema.type === "object" && schema.additionalProperties !== undefined;
  return isMap ? limit(schema.maxProperties) : 1;
}
