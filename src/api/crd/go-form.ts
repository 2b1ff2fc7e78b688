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
    Object.entries(value).map(([name, one]) => [name.charAt(0).toUpperCase() + name.slice(1), one]),
  );

/** A schema in an error message. */
export function goSchema(schema: JsonSchemaProps): Readonly<Record<string, unknown>> {
  const { items, additionalProperties: more, additionalItems } = schema;
  return {
    ID: schema.id ?? "",
    Schema: schema.$schema ?? "",
    Ref: schema.$ref ?? null,
    Description: schema.description ?? "",
    Type: schema.type ?? "",
    Nullable: schema.nullable ?? false,
    Format: schema.format ?? "",
    Title: schema.title ?? "",
    Default: schema.default ?? null,
    Maximum: schema.maximum ?? null,
    ExclusiveMaximum: schema.exclusiveMaximum ?? false,
    Minimum: schema.minimum ?? null,
    ExclusiveMinimum: schema.exclusiveMinimum ?? false,
    MaxLength: schema.maxLength ?? null,
    MinLength: schema.minLength ?? null,
    Pattern: schema.pattern ?? "",
    MaxItems: schema.maxItems ?? null,
    MinItems: schema.minItems ?? null,
    UniqueItems: schema.uniqueItems ?? false,
    MultipleOf: schema.multipleOf ?? null,
    Enum: schema.enum ?? null,
    MaxProperties: schema.maxProperties ?? null,
    MinProperties: schema.minProperties ?? null,
    Required: schema.required ?? null,
    Items: items === undefined ? null : goItems(items),
    AllOf: schema.allOf?.map(goSchema) ?? null,
    OneOf: schema.oneOf?.map(goSchema) ?? null,
    AnyOf: schema.anyOf?.map(goSchema) ?? null,
    Not: schema.not ? goSchema(schema.not) : null,
    Properties: goSchemas(schema.properties),
    AdditionalProperties: more === undefined ? null : goSchemaOrBool(more),
    PatternProperties: goSchemas(schema.patternProperties),
    Dependencies: schema.dependencies ?? null,
    AdditionalItems: additionalItems === undefined ? null : goSchemaOrBool(additionalItems),
    Definitions: goSchemas(schema.definitions),
    ExternalDocs: schema.externalDocs
      ? { Description: schema.externalDocs.description ?? "", URL: schema.externalDocs.url ?? "" }
      : null,
    Example: schema.example ?? null,
    XPreserveUnknownFields: schema["x-kubernetes-preserve-unknown-fields"] ?? null,
    XEmbeddedResource: schema["x-kubernetes-embedded-resource"] ?? false,
    XIntOrString: schema["x-kubernetes-int-or-string"] ?? false,
    XListMapKeys: schema["x-kubernetes-list-map-keys"] ?? null,
    XListType: schema["x-kubernetes-list-type"] ?? null,
    XMapType: schema["x-kubernetes-map-type"] ?? null,
    XValidations: schema["x-kubernetes-validations"]?.map(goRule) ?? null,
  };
}

const goSchemas = (schemas: Readonly<Record<string, JsonSchemaProps>> | undefined) =>
  schemas === undefined
    ? null
    : Object.fromEntries(
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
