import { expect, test } from "bun:test";
import * as fc from "fast-check";
import { type ObjectType, SCHEMA, type Scalar, type Type } from "../schema.ts";
import { DecodeError } from "./decode-error.ts";
import { normalize } from "./normalize.ts";

const POD = SCHEMA.object("io.k8s.api.core.v1.Pod");

const SCALARS: Record<Scalar, fc.Arbitrary<unknown>> = {
  bool: fc.boolean(),
  bytes: fc.base64String(),
  double: fc.double({ noNaN: true, noDefaultInfinity: true }),
  duration: fc.constantFrom("1s", "5m0s"),
  fields: fc.constant({ "f:spec": {} }),
  int32: fc.integer(),
  int64: fc.maxSafeInteger(),
  intOrString: fc.oneof(fc.integer(), fc.string()),
  json: fc.jsonValue(),
  microTime: fc.constantFrom("2024-01-01T00:00:00.000001Z", "2024-01-01T00:00:00+01:00"),
  quantity: fc.constantFrom("1", "500m", "0.5", "1024Mi", "1e3", "0"),
  raw: fc.jsonValue(),
  schemaOrArray: fc.constantFrom({ type: "string" }, [{ type: "string" }]),
  schemaOrBool: fc.constantFrom(true, false, { type: "string" }),
  schemaOrStrings: fc.constantFrom(["a"], { type: "string" }),
  string: fc.string(),
  time: fc.constantFrom("2024-01-01T00:00:00Z", "2024-01-01T00:00:00.5-08:00"),
};

/** Values of a type, shallow enough to be quick, with nulls where JSON may have them. */
function valuesOf(type: Type, depth: number): fc.Arbitrary<unknown> {
  switch (type.is) {
    case "scalar":
      return SCALARS[type.scalar];
    case "list":
      return fc.array(valuesOf(type.of, depth - 1), { maxLength: 2 });
    case "map":
      return fc.dictionary(fc.string(), valuesOf(type.of, depth - 1), { maxKeys: 2 });
    case "object":
      return depth <= 0 ? fc.constant({}) : objectsOf(type, depth);
  }
}

function objectsOf(type: ObjectType, depth: number): fc.Arbitrary<unknown> {
  const fields = [...type.fields.values()].map(
    (field) => [field.name, fc.option(valuesOf(field.type, depth - 1), { freq: 3 })] as const,
  );
  return fc.record(Object.fromEntries(fields), { requiredKeys: [] });
}

test("the normal form is a fixed point, knows all fields and survives JSON", () => {
  fc.assert(
    fc.property(objectsOf(POD, 3), (pod) => {
      const { value, unknownFields } = normalize(POD, pod);
      expect(unknownFields).toEqual([]);
      expect(normalize(POD, value).value).toEqual(value);
      expect(normalize(POD, JSON.parse(JSON.stringify(value))).value).toEqual(value);
    }),
    { numRuns: 60 },
  );
});

test("whatever comes in, only a DecodeError comes out", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom("spec", "metadata", "status"), (value, field) => {
      try {
        normalize(POD, { [field]: value });
      } catch (error) {
        expect(error).toBeInstanceOf(DecodeError);
      }
    }),
    { numRuns: 200 },
  );
});

test("no more than 100 unknown fields are told", () => {
  const many = Object.fromEntries(Array.from({ length: 200 }, (_, at) => [`x${at}`, at]));
  expect(normalize(POD, many).unknownFields).toHaveLength(100);
});
