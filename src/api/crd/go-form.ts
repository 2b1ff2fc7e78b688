import { present } from "#lib/present.ts";
import type { DefinedVersion } from "./definition.ts";
import { isSchemaList, type JsonSchemaProps, type ValidationRule } from "./json-schema-props.ts";

/**
 * Parts of definitions as Kubernetes' error messages show them: the JSON of its own Go types
 * (apiextensions' internal version), which has a member for every field.
 */

/** A rule of `x-kubernetes-validations` in an error message. */
export function goRule(rule: ValidationRule): Readonly<Record<string, unknown>> {
  return {
    Rule: rule.rule,
    Message: rule.message ?? "",
    MessageExpression: rule.messageExpression ?? "",
    Reason: rule.reason ?? null,
    FieldPath: rule.fieldPath ?? "",
    OptionalOldSelf: rule.optionalOldSelf ?? null,
  };
}

/** The versions of a definition in an error message; what all of them say alike is left out. */
export function goVersions(versions: readonly DefinedVersion[]): readonly object[] {
  const own = <Name extends keyof DefinedVersion>(version: DefinedVersion, name: Name) =>
    versions.every((other) => Bun.deepEquals(other[name], version[name])) ? null : version[name];
  return versions.map((version) => {
    const schema = own(version, "schema")?.openAPIV3Schema;
    const subresources = own(version, "subresources");
    const { status, scale } = subresources ?? {};
    return {
      Name: version.name,
      Served: version.served,
      Storage: version.storage,
      Deprecated: version.deprecated ?? false,
      DeprecationWarning: version.deprecationWarning ?? null,
      Schema: schema ? { OpenAPIV3Schema: goSchema(schema) } : null,
      Subresources: subresources
        ? { Status: status ?? null, Scale: scale ? capitalized(scale) : null }
        : null,
      AdditionalPrinterColumns: own(version, "additionalPrinterColumns")?.map(goColumn) ?? null,
      SelectableFields:
        own(version, "selectableFields")?.map(({ jsonPath }) => ({ JSONPath: jsonPath })) ?? null,
    };
  });
}

function goColumn({
  name,
  type,
  format = "",
  description = "",
  priority = 0,
  jsonPath,
}: NonNullable<DefinedVersion["additionalPrinterColumns"]>[number]): object {
  return {
    Name: name,
    Type: type,
    Format: format,
    Description: description,
    Priority: priority,
    JSONPath: jsonPath,
  };
}

const capitalized = (value: object): object =>
  Object.fromEntries(
    Object.entries(value).map(([name, one]) => [name === "url" ? "URL" : goName(name), one]),
  );

/** What a field is where it is not written: Go has no such thing as absence. */
const ZERO: Readonly<Record<string, unknown>> = {
  ID: "",
  Schema: "",
  Ref: null,
  Description: "",
  Type: "",
  Nullable: false,
  Format: "",
  Title: "",
  Default: null,
  Maximum: null,
  ExclusiveMaximum: false,
  Minimum: null,
  ExclusiveMinimum: false,
  MaxLength: null,
  MinLength: null,
  Pattern: "",
  MaxItems: null,
  MinItems: null,
  UniqueItems: false,
  MultipleOf: null,
  Enum: null,
  MaxProperties: null,
  MinProperties: null,
  Required: null,
  Items: null,
  AllOf: null,
  OneOf: null,
  AnyOf: null,
  Not: null,
  Properties: null,
  AdditionalProperties: null,
  PatternProperties: null,
  Dependencies: null,
  AdditionalItems: null,
  Definitions: null,
  ExternalDocs: null,
  Example: null,
  XPreserveUnknownFields: null,
  XEmbeddedResource: false,
  XIntOrString: false,
  XListMapKeys: null,
  XListType: null,
  XMapType: null,
  XValidations: null,
};

const RENAMED: Readonly<Record<string, string>> = {
  id: "ID",
  $schema: "Schema",
  $ref: "Ref",
  "x-kubernetes-preserve-unknown-fields": "XPreserveUnknownFields",
  "x-kubernetes-embedded-resource": "XEmbeddedResource",
  "x-kubernetes-int-or-string": "XIntOrString",
  "x-kubernetes-list-map-keys": "XListMapKeys",
  "x-kubernetes-list-type": "XListType",
  "x-kubernetes-map-type": "XMapType",
  "x-kubernetes-validations": "XValidations",
};

/** A schema in an error message. */
export function goSchema(schema: JsonSchemaProps): Readonly<Record<string, unknown>> {
  const written = Object.entries(schema).map(([name, value]) => [
    RENAMED[name] ?? goName(name),
    value as unknown,
  ]);
  return { ...ZERO, ...Object.fromEntries(written), ...inside(schema) };
}

/** The schemas, rules and links inside of a schema. */
function inside(schema: JsonSchemaProps): Readonly<Record<string, unknown>> {
  const { items, additionalProperties, additionalItems, not, externalDocs } = schema;
  const parts = {
    Items: items && goItems(items),
    AllOf: schema.allOf?.map(goSchema),
    OneOf: schema.oneOf?.map(goSchema),
    AnyOf: schema.anyOf?.map(goSchema),
    Not: not && goSchema(not),
    Properties: schema.properties && goSchemas(schema.properties),
    AdditionalProperties: additionalProperties && goSchemaOrBool(additionalProperties),
    PatternProperties: schema.patternProperties && goSchemas(schema.patternProperties),
    AdditionalItems: additionalItems && goSchemaOrBool(additionalItems),
    Definitions: schema.definitions && goSchemas(schema.definitions),
    ExternalDocs: externalDocs && { Description: "", URL: "", ...capitalized(externalDocs) },
    XValidations: schema["x-kubernetes-validations"]?.map(goRule),
  };
  return present(parts);
}

const goName = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);

const goSchemas = (schemas: Readonly<Record<string, JsonSchemaProps>>) =>
  Object.fromEntries(
    Object.keys(schemas)
      .toSorted()
      .map((name) => [name, goSchema(schemas[name] ?? {})]),
  );

const goItems = (items: NonNullable<JsonSchemaProps["items"]>): object =>
  isSchemaList(items)
    ? { Schema: null, JSONSchemas: items.map(goSchema) }
    : { Schema: goSchema(items), JSONSchemas: null };

const goSchemaOrBool = (value: JsonSchemaProps | boolean): object =>
  typeof value === "boolean"
    ? { Allows: value, Schema: null }
    : { Allows: true, Schema: goSchema(value) };
