import { type FieldError, forbidden, invalid, required } from "../field-error.ts";
import { goRegexp, RegexpError } from "../go-regexp.ts";
import { itemsOf, type JsonSchemaProps } from "./json-schema-props.ts";

type Level = "root" | "items" | "field";

const NOT_EMPTY: Readonly<Record<Level, string>> = {
  root: "must not be empty at the root",
  items: "must not be empty for specified array items",
  field: "must not be empty for specified object fields",
};

/**
 * Errors of a schema that is not structural: what a value looks like must be said once, outside of
 * allOf, anyOf, oneOf and not, and for everything that these speak of.
 */
export function validateStructural(schema: JsonSchemaProps, path: string): FieldError[] {
  const errors = [...invariants(schema, path, "root"), ...completeness(schema, path)];
  const text = ({ field, message }: FieldError): string => `${field}: ${message}`;
  return errors.toSorted((a, b) => (text(a) < text(b) ? -1 : 1));
}

function* invariants(schema: JsonSchemaProps, path: string, level: Level): Iterable<FieldError> {
  const { type = "", additionalProperties, properties = {} } = schema;
  const items = itemsOf(schema);
  if (type === "array" && schema.items === undefined)
    yield required(`${path}.items`, "must be specified");
  if (items) yield* invariants(items, `${path}.items`, "items");
  for (const [name, property] of Object.entries(properties))
    yield* invariants(property, `${path}.properties[${name}]`, "field");
  if (additionalProperties !== undefined && level === "root")
    yield forbidden(`${path}.additionalProperties`, "must not be used at the root");
  if (typeof additionalProperties === "object")
    yield* invariants(additionalProperties, `${path}.additionalProperties`, "field");
  yield* junctors(schema, path, exceptionsOf(schema));
  yield* ownType(schema, path, level);
  const isEmbedded = schema["x-kubernetes-embedded-resource"] === true;
  if (level === "root" || isEmbedded) yield* resourceFields(properties, path);
  if (level === "root") yield* rootMetadata(properties["metadata"], path);
  if (isEmbedded) yield* embeddedResource(schema, path);
}

/** The type of a value must be said, except where it may be anything or one of two. */
function* ownType(schema: JsonSchemaProps, path: string, level: Level): Iterable<FieldError> {
  const { type = "" } = schema;
  const isIntOrString = schema["x-kubernetes-int-or-string"] === true;
  const preserves = schema["x-kubernetes-preserve-unknown-fields"] === true;
  const isEmbedded = schema["x-kubernetes-embedded-resource"] === true;
  if (isIntOrString && preserves) yield mustBeFalse(path, "x-kubernetes-preserve-unknown-fields");
  if (isIntOrString && isEmbedded) yield mustBeFalse(path, "x-kubernetes-embedded-resource");
  if (type === "" && !isIntOrString && !preserves && !isEmbedded)
    yield required(`${path}.type`, NOT_EMPTY[level]);
  if (level === "root" && type !== "" && type !== "object")
    yield invalid(`${path}.type`, { value: type, detail: "must be object at the root" });
}

function* embeddedResource(schema: JsonSchemaProps, path: string): Iterable<FieldError> {
  const { type = "", additionalProperties, properties = {} } = schema;
  if (type !== "object") {
    const detail = "must be object if x-kubernetes-embedded-resource is true";
    yield type === ""
      ? required(`${path}.type`, detail)
      : invalid(`${path}.type`, { value: type, detail });
  }
  if (additionalProperties !== undefined)
    yield forbidden(
      `${path}.additionalProperties`,
      "must not be used if x-kubernetes-embedded-resource is set",
    );
  const preserves = schema["x-kubernetes-preserve-unknown-fields"] === true;
  if (!preserves && Object.keys(properties).length === 0)
    yield required(
      `${path}.properties`,
      "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields",
    );
}

const mustBeFalse = (path: string, name: string): FieldError =>
  invalid(`${path}.${name}`, {
    value: true,
    detail: "must be false if x-kubernetes-int-or-string is true",
  });

function* resourceFields(
  properties: Readonly<Record<string, JsonSchemaProps>>,
  path: string,
): Iterable<FieldError> {
  for (const [name, wanted] of [
    ["kind", "string"],
    ["apiVersion", "string"],
    ["metadata", "object"],
  ] as const) {
    const property = properties[name];
    if (property === undefined || property.type === wanted) continue;
    const field = `${path}.properties[${name}].type`;
    yield invalid(field, { value: property.type ?? "", detail: `must be ${wanted}` });
  }
}

function* rootMetadata(metadata: JsonSchemaProps | undefined, path: string): Iterable<FieldError> {
  if (metadata === undefined) return;
  const { type: _type, default: _default, properties = {}, ...others } = metadata;
  const names = Object.keys(properties).filter(
    (name) => name !== "name" && name !== "generateName",
  );
  if (names.length === 0 && Object.keys(others).length === 0) return;
  yield forbidden(
    `${path}.properties[metadata]`,
    "must not specify anything other than name and generateName, but metadata is implicitly specified",
  );
}

/** The alternatives that `x-kubernetes-int-or-string` lets stand: integer or string. */
interface Exceptions {
  readonly anyOf: boolean;
  readonly firstAllOf: boolean;
}

function exceptionsOf(schema: JsonSchemaProps): Exceptions {
  return {
    anyOf: isIntOrString(schema.anyOf),
    firstAllOf: isIntOrString(schema.allOf?.[0]?.anyOf),
  };
}

function isIntOrString(anyOf: readonly JsonSchemaProps[] | undefined): boolean {
  return Bun.deepEquals(anyOf, [{ type: "integer" }, { type: "string" }]);
}

const NO_EXCEPTIONS: Exceptions = { anyOf: false, firstAllOf: false };

function* junctors(
  schema: JsonSchemaProps,
  path: string,
  exceptions: Exceptions,
): Iterable<FieldError> {
  const { anyOf = [], allOf = [], oneOf = [], not, pattern } = schema;
  if (!exceptions.anyOf)
    for (const [index, one] of anyOf.entries()) yield* nested(one, `${path}.anyOf[${index}]`);
  for (const [index, one] of allOf.entries()) {
    const excepted = exceptions.firstAllOf && index === 0;
    yield* nested(one, `${path}.allOf[${index}]`, { ...NO_EXCEPTIONS, anyOf: excepted });
  }
  for (const [index, one] of oneOf.entries()) yield* nested(one, `${path}.oneOf[${index}]`);
  if (not) yield* nested(not, `${path}.not`);
  if (pattern !== undefined && pattern !== "") yield* patternError(pattern, `${path}.pattern`);
}

function patternError(pattern: string, field: string): FieldError[] {
  try {
    goRegexp(pattern);
    return [];
  } catch (error) {
    if (!(error instanceof RegexpError)) throw error;
    const detail = `must be a valid regular expression, but isn't: ${error.message}`;
    return [invalid(field, { value: pattern, detail })];
  }
}

const UNSTRUCTURED: readonly (readonly [keyof JsonSchemaProps, string])[] = [
  ["type", "must be empty to be structural"],
  ["default", "must be undefined to be structural"],
  ["title", "must be empty to be structural"],
  ["description", "must be empty to be structural"],
  ["nullable", "must be false to be structural"],
  ["x-kubernetes-preserve-unknown-fields", "must be false to be structural"],
  ["x-kubernetes-embedded-resource", "must be false to be structural"],
  ["x-kubernetes-int-or-string", "must be false to be structural"],
  ["x-kubernetes-list-map-keys", "must be empty to be structural"],
  ["x-kubernetes-list-type", "must be undefined to be structural"],
  ["x-kubernetes-map-type", "must be undefined to be structural"],
  ["x-kubernetes-validations", "must be empty to be structural"],
];

function* nested(
  schema: JsonSchemaProps,
  path: string,
  exceptions: Exceptions = NO_EXCEPTIONS,
): Iterable<FieldError> {
  yield* junctors(schema, path, exceptions);
  const items = itemsOf(schema);
  if (items) yield* nested(items, `${path}.items`);
  for (const [name, property] of Object.entries(schema.properties ?? {}))
    yield* nested(property, `${path}.properties[${name}]`);
  if (typeof schema.additionalProperties === "object")
    yield* nested(schema.additionalProperties, `${path}.additionalProperties`);
  if (schema.additionalProperties !== undefined)
    yield forbidden(`${path}.additionalProperties`, "must be undefined to be structural");
  for (const [name, detail] of UNSTRUCTURED)
    if (schema[name] !== undefined && schema[name] !== "" && schema[name] !== false)
      yield forbidden(`${path}.${name}`, detail);
  if (schema.properties?.["metadata"])
    yield forbidden(`${path}.properties[metadata]`, "must not be specified in a nested context");
}

interface Paths {
  /** Where the structure would have to be. */
  readonly structure: string;
  /** Where it is spoken of. */
  readonly place: string;
}

/** Asked of the root's own alternatives only, as Kubernetes does. */
function* completeness(schema: JsonSchemaProps, path: string): Iterable<FieldError> {
  yield* branches(schema, schema, { structure: path, place: path });
}

function* branches(
  spoken: JsonSchemaProps,
  structure: JsonSchemaProps,
  paths: Paths,
): Iterable<FieldError> {
  const { not, allOf = [], anyOf = [], oneOf = [] } = spoken;
  if (not) yield* covered(not, structure, { ...paths, place: `${paths.place}.not` });
  for (const [name, all] of Object.entries({ allOf, anyOf, oneOf }))
    for (const [index, one] of all.entries())
      yield* covered(one, structure, { ...paths, place: `${paths.place}.${name}[${index}]` });
}

function* covered(
  spoken: JsonSchemaProps,
  structure: JsonSchemaProps | undefined,
  paths: Paths,
): Iterable<FieldError> {
  if (structure === undefined) {
    yield required(paths.structure, `because it is defined in ${paths.place}`);
    return;
  }
  yield* branches(spoken, structure, paths);
  const items = itemsOf(spoken);
  const below = (structural: string, place = structural): Paths => ({
    structure: `${paths.structure}.${structural}`,
    place: `${paths.place}.${place}`,
  });
  if (items) yield* covered(items, itemsOf(structure), below("items"));
  const { additionalProperties: more } = structure;
  for (const [name, property] of Object.entries(spoken.properties ?? {})) {
    const place = `properties[${name}]`;
    const own = structure.properties?.[name];
    if (own === undefined && typeof more === "object")
      yield* covered(property, more, below("additionalProperties", place));
    else yield* covered(property, own, below(place));
  }
  if (typeof spoken.additionalProperties === "object")
    yield* covered(
      spoken.additionalProperties,
      typeof more === "object" ? more : undefined,
      below("additionalProperties"),
    );
}
