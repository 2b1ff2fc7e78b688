import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { Patterns } from "../go-regexp.ts";
import { applyDefaults } from "./default.ts";
import { hasFormat } from "./formats.ts";
import { parseJsonPath } from "./json-path.ts";
import type { JsonSchemaProps } from "./json-schema-props.ts";
import { prune } from "./prune.ts";
import { validateValue } from "./validate-value.ts";

const leaf: fc.Arbitrary<JsonSchemaProps> = fc.oneof(
  fc.record(
    {
      type: fc.constant("string"),
      maxLength: fc.nat(5),
      default: fc.string({ maxLength: 3 }),
      nullable: fc.boolean(),
    },
    { requiredKeys: ["type"] },
  ),
  fc.record({ type: fc.constant("integer"), minimum: fc.integer() }, { requiredKeys: ["type"] }),
  fc.constant({ "x-kubernetes-int-or-string": true }),
  fc.constant({ type: "object", "x-kubernetes-preserve-unknown-fields": true }),
);

const { schema: schemas } = fc.letrec<{ schema: JsonSchemaProps }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    leaf,
    fc.record({
      type: fc.constant("object"),
      properties: fc.dictionary(fc.constantFrom("a", "b", "c"), tie("schema"), { maxKeys: 3 }),
      required: fc.subarray(["a", "b"]),
    }),
    fc.record({ type: fc.constant("object"), additionalProperties: tie("schema") }),
    fc.record({ type: fc.constant("array"), items: tie("schema") }),
  ),
}));

const { value: values } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, true, 0, 1.5, "", "text"),
    fc.dictionary(fc.constantFrom("a", "b", "c", "d"), tie("value"), { maxKeys: 4 }),
    fc.array(tie("value"), { maxLength: 3 }),
  ),
}));

const resource = (schema: JsonSchemaProps): JsonSchemaProps => ({
  type: "object",
  properties: { spec: schema },
});

/** A document with that spec, shared with nobody. */
const documentOf = (spec: unknown): Record<string, unknown> => ({ spec: structuredClone(spec) });

describe("a structural schema, whatever it says,", () => {
  test("prunes once and for all, and only what it does not know", () => {
    fc.assert(
      fc.property(schemas, values, (schema, spec) => {
        const document = { ...documentOf(spec), typo: 1, kind: "Kind" };
        expect(prune(document, resource(schema))).toContain("typo");
        expect(document.kind).toBe("Kind");
        const once = structuredClone(document);
        expect(prune(document, resource(schema))).toEqual([]);
        expect(document).toEqual(once);
      }),
    );
  });

  test("fills in its defaults once and for all, and takes nothing away but nulls", () => {
    fc.assert(
      fc.property(schemas, values, (schema, spec) => {
        const document = documentOf(spec);
        applyDefaults(document, resource(schema));
        const once = structuredClone(document);
        applyDefaults(document, resource(schema));
        expect(document).toEqual(once);
        const pruned = structuredClone(document);
        prune(pruned, resource(schema));
        const again = structuredClone(pruned);
        applyDefaults(again, resource(schema));
        expect(again).toEqual(pruned);
      }),
    );
  });

  test("holds nothing against what is as it was, and the same against what has no past", () => {
    const patterns = new Patterns();
    fc.assert(
      fc.property(schemas, values, values, (schema, spec, other) => {
        const whole = resource(schema);
        const judge = (value: unknown, old: unknown) =>
          validateValue(whole, { value: documentOf(value), old }, patterns);
        expect(judge(spec, documentOf(spec))).toEqual([]);
        const fields = new Set(judge(spec, undefined).map(({ field }) => field));
        for (const { field } of judge(spec, documentOf(other))) expect(fields).toContain(field);
      }),
    );
  });
});

test.each<readonly [string, JsonSchemaProps, unknown, readonly string[]]>([
  [
    "anyOf",
    { anyOf: [{ minimum: 5 }, { maximum: 1 }] },
    3,
    [
      '<nil>: Invalid value: "": "v" must validate at least one schema (anyOf)',
      "v: Invalid value: 3: v in body should be greater than or equal to 5",
    ],
  ],
  [
    "oneOf",
    { oneOf: [{ minimum: 1 }, { minimum: 2 }] },
    3,
    [
      '<nil>: Invalid value: "": "v" must validate one and only one schema (oneOf). Found 2 valid alternatives',
    ],
  ],
  [
    "allOf",
    { allOf: [{ minimum: 1 }, { minimum: 5 }] },
    3,
    [
      "v: Invalid value: 3: v in body should be greater than or equal to 5",
      '<nil>: Invalid value: "": "v" must validate all the schemas (allOf)',
    ],
  ],
  [
    "not",
    { not: { minimum: 1 } },
    3,
    ['<nil>: Invalid value: "": "v" must not validate the schema (not)'],
  ],
  [
    "numbers",
    { type: "number", maximum: 1, exclusiveMaximum: true, multipleOf: 0.5 },
    1.2,
    [
      "v: Invalid value: 1.2: v in body should be a multiple of 0.5",
      "v: Invalid value: 1.2: v in body should be less than 1",
    ],
  ],
  [
    "strings",
    { type: "string", minLength: 3, pattern: "^b" },
    "a",
    ['v: Invalid value: "a": v in body should be at least 3 chars long'],
  ],
  [
    "long strings",
    { type: "string", maxLength: 1 },
    "😀a",
    ["v: Too long: may not be more than 1 bytes"],
  ],
  [
    "lists",
    { type: "array", maxItems: 1, items: { type: "string" } },
    ["a", 1],
    [
      'v[1]: Invalid value: "integer": v[1] in body must be of type string: "integer"',
      "v: Too many: 2: must have at most 1 items",
    ],
  ],
  [
    "few",
    { type: "object", minProperties: 1, additionalProperties: {} },
    {},
    ["v: Invalid value: 0: v in body should have at least 1 properties"],
  ],
  [
    "null",
    { type: "string" },
    null,
    ['v: Invalid value: "null": v in body must be of type string: "null"'],
  ],
  [
    "fractions where whole numbers belong",
    { type: "integer", format: "int64" },
    1.5,
    [
      'v: Invalid value: "float64": v in body must be of type int64: "float64"',
      '<nil>: Invalid value: "": Checked value must be of type integer with format int64 in v',
    ],
  ],
  [
    "numbers beyond their format",
    { type: "number", format: "float" },
    1e39,
    ['<nil>: Invalid value: "": Checked value must be of type number with format float in v'],
  ],
  ["steps that are fractions", { type: "number", multipleOf: 0.1 }, 0.3, []],
  [
    "whole numbers in steps that are fractions",
    { type: "number", multipleOf: 0.1 },
    1,
    ["v: Invalid value: 0: factor MultipleOf declared for v must be positive: 0"],
  ],
  [
    "alternatives of which the first came as far",
    { type: "object", anyOf: [{ required: ["a"] }, { not: { required: ["b"] } }] },
    { b: 1 },
    [
      '<nil>: Invalid value: "": "v" must validate at least one schema (anyOf)',
      "v.a: Required value",
    ],
  ],
  ["nullable", { type: "string", nullable: true, enum: ["a"] }, null, []],
  ["enum", { enum: ["a", 1] }, 2, ['v: Unsupported value: 2: supported values: "a", "1"']],
  ["required", { type: "object", required: ["a"] }, {}, ["v.a: Required value"]],
])("%s are judged in kube-openapi's words", (...[, schema, value, expected]) => {
  const whole = { properties: { v: schema } };
  const errors = validateValue(whole, { value: { v: value }, old: undefined }, new Patterns());
  expect(errors.map(({ field, message }) => `${field}: ${message}`)).toEqual([...expected]);
});

test.each([
  ["date-time", "2024-02-29T10:00:00.5+01:00", "2023-02-29T10:00:00Z"],
  ["date", "2024-02-29", "2024-2-1"],
  ["duration", "1h30m", "soon"],
  ["email", "a@b.c", "a b@c"],
  ["duration", "1 week", "1 fortnight"],
  ["email", "Foo <a@b.c>", "Foo a@b.c"],
  ["hostname", "example.com", "a.b-c"],
  ["hostname", "1µs", "1.2.3.4"],
  ["ipv4", "10.0.0.1", "10.0.0.256"],
  ["ipv4", "01.2.3.4", "::1"],
  ["ipv6", "::ffff:1.2.3.4", "fe80::1%eth0"],
  ["ssn", "123-45-6789", "123456789"],
  ["mac", "4111111111111111", "4111-1111-1111-1111"],
  ["date-time", "2020-01-01t00:00:00z", "2020-01-01 00:00:00Z"],
  ["ipv6", "::1", "10.0.0.1"],
  ["cidr", "10.0.0.0/8", "10.0.0.0/33"],
  ["mac", "01:23:45:67:89:ab", "01:23"],
  ["uuid", "123e4567-e89b-12d3-a456-426614174000", "123e4567"],
  ["byte", "YWI=", "YWI"],
  ["uri", "https://a.b/c", "a b"],
  ["isbn10", "0-306-40615-2", "0-306-40615-3"],
  ["creditcard", "4111 1111 1111 1111", "4111 1111 1111 1112"],
  ["hexcolor", "#fff", "#ff"],
  ["rgbcolor", "rgb(1,2,255)", "rgb(1,2,256)"],
])("the format %s", (format, good, bad) => {
  expect([hasFormat(good, format), hasFormat(bad, format)]).toEqual([true, false]);
  expect(hasFormat(bad, "unheard-of")).toBe(true);
});

test.each<readonly [string, readonly unknown[]]>([
  [".spec.n", [1]],
  [".spec.missing", []],
  [".spec['with.dot']", [2]],
  [".spec.with\\.dot", [2]],
  [".list[0].name", ["a"]],
  [".list[-1].name", ["b"]],
  [".list[*].name", ["a", "b"]],
  [".list[0:1].name", ["a"]],
  [`.list[?(@.name=="b")].on`, [true]],
  [".list[?(@.on)].name", ["b"]],
  ["..name", ["a", "b"]],
])("the path %s", (path, expected) => {
  const value = {
    spec: { n: 1, "with.dot": 2 },
    list: [{ name: "a" }, { name: "b", on: true }],
  };
  expect(parseJsonPath(path)?.(value)).toEqual(expected);
});

test("what is no path is none", () => {
  expect(parseJsonPath(".a[")).toBeUndefined();
});
