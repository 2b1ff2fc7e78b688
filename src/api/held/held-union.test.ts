import { expect, test } from "bun:test";
import { held } from "./held-json.ts";

const schema = (value: object) => {
  const name = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps";
  return held(name, value).text;
};

test("a list of schemas, or one", () => {
  expect(schema({ items: [{}, {}] })).toMatch(
    /"Items":\{"Schema":null,"JSONSchemas":\[\{"ID":"",.*\},\{/,
  );
  expect(schema({ items: { type: "string" } })).toMatch(
    /"Items":\{"Schema":\{"ID":"",.*"Type":"string",.*\},"JSONSchemas":null\},"AllOf":null,/,
  );
});

test("a truth, or a schema", () => {
  expect(schema({ additionalProperties: false })).toContain(
    '"AdditionalProperties":{"Allows":false,"Schema":null},',
  );
  expect(schema({ additionalProperties: {} })).toContain(
    '"AdditionalProperties":{"Allows":true,"Schema":{"ID":"","Schema":"","Ref":null,"Description":"","Type":"","Nullable":false,"Format":"",',
  );
});

test("names, or a schema", () => {
  expect(schema({ dependencies: { b: ["x"], a: { type: "object" } } })).toMatch(
    /"Dependencies":\{"a":\{"Schema":\{.*\},"Property":null\},"b":\{"Schema":null,"Property":\["x"\]\}\}/,
  );
});

test("any JSON has its keys in order", () => {
  expect(schema({ default: { b: 1, a: ["<"] } })).toContain(
    '"Default":{"a":["\\u003c"],"b":1},"Maximum":null,',
  );
});
