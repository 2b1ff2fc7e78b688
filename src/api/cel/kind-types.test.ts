import { expect, test } from "bun:test";
import type { JsonSchemaProps } from "../crd/json-schema-props.ts";
import { CelCompileError } from "./compile-error.ts";
import { typeOfKind } from "./kind-types.ts";
import { CelEnvironment } from "./program.ts";
import { DYN, typeName } from "./types.ts";

const ENVIRONMENT = new CelEnvironment();

/** The name of an expression's type, or what is wrong with it. */
function typed(expression: string, kind: Parameters<typeof typeOfKind>[0]): string | undefined {
  const variables = new Map([["object", typeOfKind(kind) ?? DYN]]);
  try {
    return typeName(ENVIRONMENT.compile(expression, { variables }).type);
  } catch (error) {
    if (!(error instanceof CelCompileError)) throw error;
    return /\d: (.*)/.exec(error.message)?.[1];
  }
}

// Observed on k8s.io/apiserver 0.36.4.
test.each([
  ["object.kind", "string"],
  ["object.metadata.labels", "map(string, string)"],
  ["object.metadata.generation", "int"],
  ["object.metadata.deletionTimestamp", "timestamp"],
  ["object.spec.names.shortNames", "list(string)"],
  ["object.spec.versions[0].served", "bool"],
  ["object.spec.conversion.webhook.clientConfig.caBundle", "bytes"],
  ["object.spec.versions[0].schema.openAPIV3Schema.maximum", "double"],
  // What has alternatives is not to be seen, nor are parts of what contains itself.
  ["object.spec.versions[0].schema.openAPIV3Schema.items", "undefined field 'items'"],
  ["object.spec.versions[0].schema.openAPIV3Schema.default", "undefined field 'default'"],
  ["object.spec.versions[0].schema.openAPIV3Schema.not.type", "undefined field 'type'"],
])("of a built-in kind: %s", (expression, expected) => {
  const definition = {
    group: "apiextensions.k8s.io",
    version: "v1",
    kind: "CustomResourceDefinition",
  };
  expect(typed(expression, definition)).toBe(expected);
});

test.each([
  ["object.spec.port", "dyn"],
  ["object.spec.free", "undefined field 'free'"],
  ["object.spec.frees", "undefined field 'frees'"],
  ["object.spec.open.x", "undefined field 'x'"],
  ["object.spec.sizes", "map(string, double)"],
  ["object.spec.a__dash__b", "string"],
  ["object.apiVersion + object.metadata.name", "string"],
  ["object.metadata.ownerReferences[0].uid", "string"],
  ["object.metadata.nothing", "undefined field 'nothing'"],
])("of a custom kind: %s", (expression, expected) => {
  const free = { "x-kubernetes-preserve-unknown-fields": true };
  const spec: JsonSchemaProps = {
    type: "object",
    properties: {
      port: { "x-kubernetes-int-or-string": true },
      free,
      frees: { type: "array", items: free },
      open: { type: "object", ...free },
      sizes: { type: "object", additionalProperties: { type: "number" } },
      "a-b": { type: "string" },
    },
  };
  const schema = { type: "object", properties: { spec } };
  expect(
    typed(expression, { group: "a.b", version: "v1", kind: "Gadget", custom: { schema } }),
  ).toBe(expected);
});

test("of a kind that nobody knows: none", () => {
  expect(typeOfKind({ group: "a.b", version: "v1", kind: "Gadget" })).toBeUndefined();
});
