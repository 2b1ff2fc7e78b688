import { type FieldError, forbidden, invalid, notSupported, required } from "../field-error.ts";
import {
  isSchemaList,
  itemsOf,
  type JsonSchemaProps,
  RESOURCE_FIELDS,
} from "./json-schema-props.ts";
import { validateMapAndSet } from "./validate-list-type.ts";
import { validateRuleTexts } from "./validate-rule-texts.ts";

const TYPES = ["array", "boolean", "integer", "number", "object", "string"];

/** What holds for a schema because of where it stands. */
interface Context {
  readonly isRoot: boolean;
  /** Why no default may stand here, `""` for no reason. */
  readonly noDefaults: string | undefined;
  readonly isInsideMetadata: boolean;
}

/** Errors of what Kubernetes does not allow in a schema, at any depth. */
export function validateSchema(schema: JsonSchemaProps, path: string): FieldError[] {
  return [...check(schema, path, { isRoot: true, noDefaults: undefined, isInsideMetadata: false })];
}

function* check(schema: JsonSchemaProps, path: string, context: Context): Iterable<FieldError> {
  yield* unsupported(schema, path, context);
  if (schema.additionalProperties !== undefined) yield* mapOrObject(schema, path, context);
  for (const [name, property] of Object.entries(schema.properties ?? {}))
    yield* check(property, `${path}.properties[${name}]`, insideOf(schema, name, context));
  const below = { ...context, isRoot: false };
  for (const [place, one] of alternativesIn(schema)) yield* check(one, `${path}.${place}`, below);
  yield* extensions(schema, path);
  yield* validateMapAndSet(schema, path);
  yield* validateRuleTexts(schema, path);
}

function* mapOrObject(
  schema: JsonSchemaProps,
  path: string,
  context: Context,
): Iterable<FieldError> {
  const { additionalProperties, properties = {} } = schema;
  if (Object.keys(properties).length > 0 && additionalProperties !== true)
    yield forbidden(
      `${path}.additionalProperties`,
      "additionalProperties and properties are mutual exclusive",
    );
  const below = { ...context, isRoot: false };
  const noDefaults = "inside additionalProperties applying to object metadata";
  const inside = context.isInsideMetadata ? { ...below, noDefaults } : below;
  if (typeof additionalProperties === "object")
    yield* check(additionalProperties, `${path}.additionalProperties`, inside);
}

/** The schemas inside of a schema beside those of its properties, by where they stand. */
function* alternativesIn(schema: JsonSchemaProps): Iterable<readonly [string, JsonSchemaProps]> {
  const { not, allOf = [], oneOf = [], anyOf = [], definitions = {}, items } = schema;
  if (not) yield ["not", not];
  for (const [name, all] of Object.entries({ allOf, oneOf, anyOf }))
    for (const [index, one] of all.entries()) yield [`${name}[${index}]`, one];
  for (const [name, one] of Object.entries(definitions)) yield [`definitions[${name}]`, one];
  const single = itemsOf(schema);
  if (single) yield ["items", single];
  if (items !== undefined && isSchemaList(items))
    for (const [index, one] of items.entries()) yield [`items[${index}]`, one];
}

function insideOf(schema: JsonSchemaProps, name: string, context: Context): Context {
  const isResource = context.isRoot || schema["x-kubernetes-embedded-resource"] === true;
  const below = { ...context, isRoot: false };
  if (!isResource || !RESOURCE_FIELDS.includes(name)) return below;
  return {
    ...below,
    isInsideMetadata: true,
    ...(context.isRoot && { noDefaults: `in top-level ${name}` }),
  };
}

function* unsupported(
  schema: JsonSchemaProps,
  path: string,
  { noDefaults, isInsideMetadata }: Context,
): Iterable<FieldError> {
  const { type = "", items } = schema;
  if (type !== "" && !TYPES.includes(type))
    yield notSupported(`${path}.type`, { value: type, supported: TYPES });
  if (schema.default !== undefined && noDefaults !== undefined)
    yield forbidden(`${path}.default`, `must not be set ${noDefaults}`);
  for (const name of NOT_SUPPORTED)
    if (!isEmpty(schema[name])) yield forbidden(`${path}.${name}`, `${name} is not supported`);
  if (type === "null")
    yield forbidden(`${path}.type`, "type cannot be set to null, use nullable as an alternative");
  if (items !== undefined && isSchemaList(items) && items.length > 0)
    yield forbidden(`${path}.items`, "items must be a schema object and not an array");
  if (isInsideMetadata && schema["x-kubernetes-embedded-resource"])
    yield forbidden(
      `${path}.x-kubernetes-embedded-resource`,
      "must not be used inside of resource meta",
    );
  if (schema.uniqueItems)
    yield forbidden(
      `${path}.uniqueItems`,
      "uniqueItems cannot be set to true since the runtime complexity becomes quadratic",
    );
}

const NOT_SUPPORTED = [
  "id",
  "additionalItems",
  "patternProperties",
  "definitions",
  "dependencies",
  "$ref",
] as const;

const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === "" ||
  (typeof value === "object" && value !== null && Object.keys(value).length === 0);

function* extensions(schema: JsonSchemaProps, path: string): Iterable<FieldError> {
  const { type = "" } = schema;
  if (schema["x-kubernetes-preserve-unknown-fields"] === false)
    yield invalid(`${path}.x-kubernetes-preserve-unknown-fields`, {
      value: false,
      detail: "must be true or undefined",
    });
  const mapType = schema["x-kubernetes-map-type"];
  if (mapType !== undefined && type !== "object") {
    const detail = "must be object if x-kubernetes-map-type is specified";
    yield type === ""
      ? required(`${path}.type`, detail)
      : invalid(`${path}.type`, { value: type, detail });
  }
  if (mapType !== undefined && mapType !== "atomic" && mapType !== "granular")
    yield notSupported(`${path}.x-kubernetes-map-type`, {
      value: mapType,
      supported: ["atomic", "granular"],
    });
}
