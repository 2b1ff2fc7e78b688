import { describe, expect, test } from "bun:test";
import type { KubeObject } from "../object.ts";
import { apiVersionOf } from "../resource.ts";
import { RESOURCES } from "../resources.ts";
import { type ObjectType, SCHEMA, type Scalar, type Type } from "../schema.ts";
import { decodeObject } from "./decode-object.ts";
import { encodeProtobuf, encodeWatchEvent, messageOfKind } from "./encode-protobuf.ts";

const PROTOBUF = "application/vnd.kubernetes.protobuf";

const SAMPLES: Readonly<Record<Scalar, unknown>> = {
  bool: true,
  bytes: "AAEC/w==",
  double: 1.5,
  duration: "90s",
  fields: { "f:spec": {} },
  int32: -7,
  int64: 9007199254740993n,
  intOrString: "http",
  json: { any: [1, "two"] },
  microTime: "2024-01-02T03:04:05.000678Z",
  quantity: "1500m",
  raw: { any: [1, "two", 9007199254740993n] },
  schemaOrArray: { type: "string" },
  schemaOrBool: { type: "string" },
  schemaOrStrings: ["a", "b"],
  string: "text ü",
  time: "2024-01-02T03:04:05Z",
};

/** An object in which every field has a value; a type inside itself stays empty. */
function sample(type: Type, around: readonly Type[] = []): unknown {
  if (type.is === "scalar") return SAMPLES[type.scalar];
  if (type.is === "list") return [sample(type.of, around)];
  if (type.is === "map") return { key: sample(type.of, around) };
  return around.includes(type) ? {} : sampleObject(type, around);
}

function sampleObject(type: ObjectType, around: readonly Type[] = []): Record<string, unknown> {
  const fields = [...type.fields.values()].filter(
    ({ name }) => !["apiVersion", "kind"].includes(name),
  );
  return Object.fromEntries(
    fields.map((field) => [field.name, sample(field.type, [...around, type])]),
  );
}

function decode(body: Uint8Array, { apiVersion = "", kind = "" }: KubeObject): KubeObject {
  const [group = "", version = ""] = apiVersion.includes("/")
    ? apiVersion.split("/")
    : ["", apiVersion];
  const expected = { group, version, kind };
  return decodeObject({ body, contentType: PROTOBUF, expected, fieldValidation: "Ignore" }).object;
}

const ROWS = RESOURCES.filter((row) => messageOfKind(row) !== undefined);

test("all stable kinds have a message", () => {
  expect(ROWS.length).toBe(RESOURCES.length);
});

describe("a kind comes back as it went", () => {
  test.each(ROWS.map((row) => [`${apiVersionOf(row)} ${row.kind}`, row] as const))(
    "%s",
    (_, row) => {
      const type = SCHEMA.ofKind(row);
      if (!type) throw new Error("There is no schema");
      for (const fields of [sampleObject(type), {}]) {
        const object = { apiVersion: apiVersionOf(row), kind: row.kind, ...fields };
        const body = new TextEncoder().encode(
          JSON.stringify(object, (_key, value: unknown) =>
            typeof value === "bigint" ? JSON.rawJSON(String(value)) : value,
          ),
        );
        const expected = decodeObject({
          body,
          contentType: "application/json",
          expected: row,
          fieldValidation: "Ignore",
        });
        expect(decode(encodeProtobuf(object), object)).toEqual(expected.object);
      }
    },
  );
});

test("a body is byte for byte what Go writes", () => {
  const object = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "pbcm" },
    data: { b: "", a: "1" },
  };
  // What kubectl 1.33 sent for it.
  expect(Buffer.from(encodeProtobuf(object)).toString("base64")).toBe(
    "azhzAAoPCgJ2MRIJQ29uZmlnTWFwEiUKFAoEcGJjbRIAGgAiACoAMgA4AEIAEgYKAWESATESBQoBYhIAGgAiAA==",
  );
});

test("lists, Status and partial metadata have messages, what users define has none", () => {
  const list = {
    apiVersion: "v1",
    kind: "PodList",
    metadata: { resourceVersion: "7" },
    items: [{ metadata: { name: "a" } }],
  };
  expect(Buffer.from(encodeProtobuf(list)).includes("PodList")).toBe(true);
  for (const kind of ["Status", "PartialObjectMetadata", "PartialObjectMetadataList"]) {
    expect(messageOfKind({ group: "", version: "v1", kind })).toEndWith(`.${kind}`);
  }
  expect(messageOfKind({ group: "example.com", version: "v1", kind: "Thing" })).toBeUndefined();
});

test("an event of a watch has its length before it and the object in an envelope of its own", () => {
  const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" } };
  const frame = Buffer.from(encodeWatchEvent("ADDED", object));
  expect(frame.readUInt32BE()).toBe(frame.length - 4);
  expect(frame.subarray(4, 11).toString("latin1")).toBe("\n\u0005ADDED");
  const at = frame.indexOf("k8s\0");
  expect(decode(frame.subarray(at), object)).toEqual(object);
});
