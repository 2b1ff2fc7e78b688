import { expect, test } from "bun:test";
import * as fc from "fast-check";
import { widgetDefinition } from "#test/kit/widgets.ts";
import { DecodeError } from "../codec/decode-error.ts";
import { normalize } from "../codec/normalize.ts";
import { CUSTOM_RESOURCE_DEFINITIONS } from "../resources.ts";
import { SCHEMA } from "../schema.ts";
import type { CustomResourceDefinition, DefinedVersion, DefinitionSpec } from "./definition.ts";
import type { JsonSchemaProps } from "./json-schema-props.ts";

function judge(definition: CustomResourceDefinition): string[] {
  const { status: _, ...given } = structuredClone(definition);
  const whole: CustomResourceDefinition = given;
  CUSTOM_RESOURCE_DEFINITIONS.setDefaults(whole);
  const storedVersions = (whole.spec?.versions ?? [])
    .filter(({ storage }) => storage)
    .map(({ name }) => name);
  const errors = CUSTOM_RESOURCE_DEFINITIONS.validate({ ...whole, status: { storedVersions } });
  return errors.map(({ field, message }) => `${field}: ${message}`);
}

const withSpec = (spec: Partial<DefinitionSpec>): CustomResourceDefinition => {
  const definition = widgetDefinition({ type: "object" });
  if (definition.spec === undefined) throw new Error("A definition has a spec");
  return { ...definition, spec: { ...definition.spec, ...spec } };
};
const withVersion = (version: Partial<DefinedVersion>) =>
  widgetDefinition({ type: "object", properties: { n: { type: "integer" } } }, version);
const withSchema = (schema: JsonSchemaProps) =>
  widgetDefinition({ type: "object", properties: { x: schema } });
const X = "spec.validation.openAPIV3Schema.properties[spec].properties[x]";

test.each<readonly [CustomResourceDefinition, readonly string[]]>([
  [withVersion({}), []],
  [
    { ...withVersion({}), metadata: { name: "gadgets.example.com" } },
    [
      `metadata.name: Invalid value: "gadgets.example.com": must be spec.names.plural+"."+spec.group`,
    ],
  ],
  [
    withSpec({ scope: "Everywhere" }),
    [`spec.scope: Unsupported value: "Everywhere": supported values: "Cluster", "Namespaced"`],
  ],
  [
    withSpec({ preserveUnknownFields: true }),
    [
      "spec.preserveUnknownFields: Invalid value: true: cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead",
    ],
  ],
  [
    withSpec({ names: { plural: "widgets", kind: "Widget", listKind: "Widget" } }),
    [`spec.names.listKind: Invalid value: "Widget": kind and listKind may not be the same`],
  ],
  [
    withSpec({ conversion: { strategy: "Webhook" } }),
    [
      "spec.conversion.webhookClientConfig: Required value: required when strategy is set to Webhook",
      "spec.conversion.conversionReviewVersions: Required value",
    ],
  ],
  [withSpec({ conversion: { strategy: "" } }), ["spec.conversion.strategy: Required value"]],
  [
    withSpec({
      conversion: {
        strategy: "Webhook",
        webhook: {
          conversionReviewVersions: ["v1"],
          clientConfig: { url: "https://u:p@x/y?a=b#c" },
        },
      },
    }),
    [
      'spec.conversion.webhookClientConfig.url: Invalid value: "u:p": user information is not permitted in the URL',
      'spec.conversion.webhookClientConfig.url: Invalid value: "c": fragments are not permitted in the URL',
      'spec.conversion.webhookClientConfig.url: Invalid value: "a=b": query parameters are not permitted in the URL',
    ],
  ],
  [
    withVersion({ name: "V1" }),
    ["spec.versions[0].name", "spec.version"].map(
      (field) =>
        `${field}: Invalid value: "V1": a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')`,
    ),
  ],
  [
    withSpec({
      versions: [
        {
          name: "v1",
          served: true,
          storage: false,
          schema: { openAPIV3Schema: { type: "object" } },
        },
      ],
    }),
    [
      'spec.versions: Invalid value: [{"Name":"v1","Served":true,"Storage":false,"Deprecated":false,"DeprecationWarning":null,"Schema":null,"Subresources":null,"AdditionalPrinterColumns":null,"SelectableFields":null}]: must have exactly one version marked as storage version',
      "status.storedVersions: Invalid value: []: must have at least one stored version",
    ],
  ],
  [
    withVersion({
      selectableFields: [
        { jsonPath: "spec.n" },
        { jsonPath: ".spec[0]" },
        { jsonPath: ".spec.n." },
      ],
    }),
    [
      'spec.selectableFields[0].jsonPath: Invalid value: "spec.n": is an invalid path: expected [ or . but got: spec',
      'spec.selectableFields[1].jsonPath: Invalid value: ".spec[0]": is an invalid path: array notation is not allowed',
      'spec.selectableFields[2].jsonPath: Invalid value: ".spec.n.": is an invalid path: unexpected end of JSON path',
    ],
  ],
  [
    withSchema({
      type: "object",
      anyOf: [
        { additionalProperties: { minLength: 1 }, "x-kubernetes-validations": [{ rule: "true" }] },
      ],
    }),
    [
      `${X}.anyOf[0].additionalProperties: Forbidden: must be undefined to be structural`,
      `${X}.anyOf[0].x-kubernetes-validations: Forbidden: must be empty to be structural`,
    ],
  ],
  [
    withSchema({
      type: "object",
      "x-kubernetes-embedded-resource": true,
      "x-kubernetes-preserve-unknown-fields": true,
      default: { kind: "Foo" },
    }),
    [`${X}.default.apiVersion: Required value`],
  ],
  [
    withSchema({ type: "integer", format: "int32", default: 3_000_000_000 }),
    [
      `${X}.default: Invalid value: "": Checked value must be of type integer with format int32 in `,
    ],
  ],
  [
    withSchema({
      type: "object",
      properties: { m: { type: "integer" } },
      "x-kubernetes-validations": [{ rule: "self.m > 'a'", fieldPath: ".zz" }],
    }),
    [`${X}.x-kubernetes-validations[0].fieldPath: Invalid value: ".zz": must be a valid path`],
  ],
  [withVersion({ schema: {} }), ["spec.versions[0].schema.openAPIV3Schema: Required value"]],
  [
    withVersion({ deprecationWarning: "old" }),
    [
      `spec.versions[0].deprecationWarning: Invalid value: "old": can only be set for deprecated versions`,
    ],
  ],
  [
    withVersion({
      subresources: { scale: { specReplicasPath: ".status.n", statusReplicasPath: "n" } },
    }),
    [
      `spec.subresources.scale.specReplicasPath: Invalid value: ".status.n": should be a json path under .spec`,
      `spec.subresources.scale.statusReplicasPath: Invalid value: "n": must be a simple json path starting with .`,
    ],
  ],
  [
    withVersion({ additionalPrinterColumns: [{ name: "N", type: "int", jsonPath: "n" }] }),
    [
      `spec.additionalPrinterColumns[0].type: Invalid value: "int": must be one of boolean,date,integer,number,string`,
      `spec.additionalPrinterColumns[0].JSONPath: Invalid value: "n": must be a simple json path starting with .`,
    ],
  ],
  [
    withVersion({ selectableFields: [{ jsonPath: ".spec" }, { jsonPath: ".spec.nope" }] }),
    [
      `spec.selectableFields[0].jsonPath: Invalid value: ".spec": must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.`,
      `spec.selectableFields[1].jsonPath: Invalid value: ".spec.nope": is an invalid path: does not refer to a valid field`,
    ],
  ],
  [
    withSchema({ type: "string", default: 1 }),
    [`${X}.default: Invalid value: "integer":  in body must be of type string: "integer"`],
  ],
  [
    withSchema({ type: "object", default: { a: 1 }, properties: { b: { type: "string" } } }),
    [`${X}.default: Invalid value: {"a":1}: must not have unknown fields`],
  ],
  [withSchema({ type: "array" }), [`${X}.items: Required value: must be specified`]],
  [
    withSchema({ type: "string", pattern: "(?=x)" }),
    [
      `${X}.pattern: Invalid value: "(?=x)": must be a valid regular expression, but isn't: error parsing regexp: invalid or unsupported Perl syntax: \`(?=\``,
    ],
  ],
  [
    withVersion({
      subresources: {},
      schema: {
        openAPIV3Schema: { type: "object", oneOf: [{ properties: { a: { minimum: 1 } } }] },
      },
    }),
    [
      "spec.validation.openAPIV3Schema.properties[a]: Required value: because it is defined in spec.validation.openAPIV3Schema.oneOf[0].properties[a]",
    ],
  ],
  [
    withSchema({
      "x-kubernetes-int-or-string": true,
      anyOf: [{ type: "integer" }, { type: "string" }],
    }),
    [],
  ],
  [
    withSchema({
      type: "array",
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["name", "port"],
      items: { type: "object", properties: { name: { type: "string" } } },
    }),
    [
      `${X}.x-kubernetes-list-map-keys: Invalid value: ["name","port"]: entries must all be names of item properties`,
      `${X}.items.properties[name].default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property`,
    ],
  ],
  [
    withSchema({ type: "object", properties: { a: { type: "string" } }, additionalProperties: {} }),
    [
      `${X}.additionalProperties.type: Required value: must not be empty for specified object fields`,
      `${X}.additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive`,
    ],
  ],
  [
    withSchema({ type: "string", uniqueItems: true, $ref: "#/x" }),
    [
      `${X}.$ref: Forbidden: $ref is not supported`,
      `${X}.uniqueItems: Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic`,
    ],
  ],
])("definition %#", (definition, expected) => {
  expect(judge(definition)).toEqual([...expected]);
});

/** JSON in the words of definitions, of any shape. */
const { json } = fc.letrec<{ json: unknown }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 7, depthSize: "large" },
    fc.constantFrom(
      null,
      true,
      0,
      -1.5,
      "",
      "object",
      "array",
      "string",
      ".spec.a",
      "self.a",
      "((",
    ),
    fc.dictionary(
      fc.constantFrom(
        ...["versions", "names", "schema", "openAPIV3Schema", "properties", "items", "type", "a"],
        ...["anyOf", "not", "default", "required", "subresources", "scale", "enum", "pattern"],
        ...["additionalProperties", "x-kubernetes-validations", "rule", "x-kubernetes-list-type"],
        ...["additionalPrinterColumns", "selectableFields", "jsonPath", "conversion", "webhook"],
      ),
      tie("json"),
      { maxKeys: 5 },
    ),
    fc.array(tie("json"), { maxLength: 3 }),
  ),
}));

test("whatever is sent is judged or refused, never fails", () => {
  const type = SCHEMA.object(CUSTOM_RESOURCE_DEFINITIONS.definition);
  const version = fc.record({ name: fc.constant("v1"), storage: fc.constant(true), schema: json });
  const versions = fc.oneof(json, fc.array(version, { maxLength: 2 }));
  fc.assert(
    fc.property(fc.record({ spec: json, versions }), ({ spec, versions: some }) => {
      const given = typeof spec === "object" && spec !== null ? spec : {};
      try {
        const { value } = normalize(type, { metadata: {}, spec: { ...given, versions: some } });
        expect(judge(value)).not.toEqual([]);
      } catch (error) {
        expect(error).toBeInstanceOf(DecodeError);
      }
    }),
    { numRuns: 1000 },
  );
});
