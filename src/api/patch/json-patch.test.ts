import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { createPatch } from "rfc6902";
import { statusErrorOf } from "#test/kit/status-error.ts";
import type { JsonObject } from "../codec/json-value.ts";
import type { FieldValidation } from "../codec/strict.ts";
import { readOperations } from "./json-operations.ts";
import { applyJsonPatch } from "./json-patch.ts";
import { applyMergePatch } from "./merge-patch.ts";

function attempt(target: unknown, patch: unknown, fieldValidation: FieldValidation = "Ignore") {
  return applyJsonPatch(target, readOperations(patch, fieldValidation).operations);
}

const failure = (...given: Parameters<typeof attempt>) =>
  statusErrorOf(() => attempt(...given)).status;

describe("a JSON patch", () => {
  const target = { a: { b: [1, 2, 3], n: null }, "x/y": 1, "~1": 2 };
  const but = (change: object) => ({ ...target, ...change });

  // each observed on gopkg.in/evanphx/json-patch.v4 4.13.0, which Kubernetes 1.36 uses
  test.each([
    [
      [{ op: "add", path: "/a/c", value: { d: 1 } }],
      but({ a: { b: [1, 2, 3], n: null, c: { d: 1 } } }),
    ],
    [[{ op: "add", path: "/a/b/1", value: 9 }], but({ a: { b: [1, 9, 2, 3], n: null } })],
    [[{ op: "add", path: "/a/b/3", value: 9 }], but({ a: { b: [1, 2, 3, 9], n: null } })],
    [[{ op: "add", path: "/a/b/-", value: 9 }], but({ a: { b: [1, 2, 3, 9], n: null } })],
    [[{ op: "add", path: "/a/b/-1", value: 9 }], but({ a: { b: [1, 2, 3, 9], n: null } })],
    [[{ op: "add", path: "/a/b/-4", value: 9 }], but({ a: { b: [9, 1, 2, 3], n: null } })],
    [[{ op: "add", path: "/a/b/+01", value: 9 }], but({ a: { b: [1, 9, 2, 3], n: null } })],
    [[{ op: "add", path: "/a/-", value: 9 }], but({ a: { b: [1, 2, 3], n: null, "-": 9 } })],
    [[{ op: "add", path: "/", value: 9 }], but({ "": 9 })],
    [[{ op: "add", path: "/c" }], but({ c: null })],
    [[{ op: "add", path: "anything/c", value: 1 }], but({ c: 1 })],
    [[{ op: "replace", path: "/a/b/-1", value: 9 }], but({ a: { b: [1, 2, 9], n: null } })],
    [[{ op: "replace", path: "/a/z", value: 1 }], but({ a: { b: [1, 2, 3], n: null, z: 1 } })],
    [[{ op: "replace", path: "", value: { z: 1 } }], { z: 1 }],
    [[{ op: "replace", path: "", value: [1] }], [1]],
    [[{ op: "remove", path: "/x~1y" }], { a: target.a, "~1": 2 }],
    [[{ op: "remove", path: "/~01" }], { a: target.a, "x/y": 1 }],
    [[{ op: "remove", path: "/a/n" }], but({ a: { b: [1, 2, 3] } })],
    [[{ op: "remove", path: "/a/b/-3" }], but({ a: { b: [2, 3], n: null } })],
    [[{ op: "move", from: "/a/b", path: "/b" }], but({ a: { n: null }, b: [1, 2, 3] })],
    [[{ op: "move", from: "/a/b/0", path: "/a/b/-" }], but({ a: { b: [2, 3, 1], n: null } })],
    [[{ op: "copy", from: "/a/b/0", path: "/x~1y" }], target],
    [[{ op: "copy", from: "/nothing", path: "/c" }], but({ c: null })],
    [[{ op: "test", path: "/a/b", value: [1, 2, 3] }], target],
    [[{ op: "test", path: "", value: target }], target],
    [[{ op: "test", path: "/nothing", value: null }], target],
    [[{ op: "test", path: "/nothing" }], target],
    [[{ op: "test", path: "/a/n", value: null }], target],
    [
      [{ op: "add", path: "/__proto__", value: { x: 1 } }],
      JSON.parse(`{"__proto__":{"x":1},${JSON.stringify(target).slice(1)}`),
    ],
    [[], target],
    [null, target],
  ])("%j is applied", (patch, expected) => {
    const before = structuredClone(target);
    expect(attempt(Object.freeze(target), patch)).toEqual(expected as never);
    expect(target).toEqual(before);
  });

  test.each([
    [{ op: "test", path: "/a/b", value: [1] }],
    [{ op: "test", path: "/a/b", value: null }],
    [{ op: "test", path: "/a/b" }],
    [{ op: "test", path: "/a/n", value: 0 }],
    [{ op: "test", path: "/a/b/0", value: "1" }],
    [{ op: "test", path: "/a/b/3", value: null }],
    [{ op: "test", path: "/nope/x", value: null }],
    [{ op: "test", path: "", value: {} }],
    [{ op: "remove", path: "/nope" }],
    [{ op: "remove", path: "/a/b/3" }],
    [{ op: "remove", path: "/a/b/-" }],
    [{ op: "remove", path: "/a/b/-4" }],
    [{ op: "remove", path: "" }],
    [{ op: "add", path: "/nope/x", value: 1 }],
    [{ op: "add", path: "/a/n/x", value: 1 }],
    [{ op: "add", path: "/a/b/4", value: 1 }],
    [{ op: "add", path: "/a/b/-5", value: 1 }],
    [{ op: "add", path: "/a/b/1.0", value: 1 }],
    [{ op: "add", path: "/a/b/1e0", value: 1 }],
    [{ op: "add", path: "/a/b/", value: 1 }],
    [{ op: "add", path: "/x~1y/z", value: 1 }],
    [{ op: "add", path: "a", value: 1 }],
    [{ op: "add", path: "", value: {} }],
    [{ op: "add", value: 1 }],
    [{ op: "add", path: 1, value: 1 }],
    [{ op: "replace", path: "/a/b/3", value: 1 }],
    [{ op: "replace", path: "/a/b/length", value: 0 }],
    [{ op: "replace", path: "", value: 1 }],
    [{ op: "move", from: "/nope", path: "/b" }],
    [{ op: "move", from: "/a", path: "/a/b/-" }],
    [{ op: "move", path: "/b" }],
    [{ op: "copy", from: "/a/b/3", path: "/b" }],
    [{ op: "copy", from: "", path: "/b" }],
    [{ op: "copy", from: "/a", path: "/nope/b" }],
    [{ op: "add", path: "/a/toString/x", value: 1 }],
    [{ op: "remove", path: "/a/toString" }],
    [{ op: "Add", path: "/c", value: 1 }],
    [{ op: "frob", path: "/a" }],
    [{ path: "/a" }],
    [{}],
    [null],
  ])("%j does not fit and is answered with 422", (operation) => {
    expect(failure(target, [operation])).toEqual({
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message: "the server rejected our request due to an error in our request",
      reason: "Invalid",
      details: {},
      code: 422,
    });
  });

  // observed on k8s.io/apiextensions-apiserver 0.36.4
  test.each([
    [{}, "object into Go value of type []handlers.jsonPatchOp", "jsonpatch.Patch"],
    ["x", "string into Go value of type []handlers.jsonPatchOp", "jsonpatch.Patch"],
    [[1], "number into Go value of type handlers.jsonPatchOp", "jsonpatch.Operation"],
    [[[]], "array into Go value of type handlers.jsonPatchOp", "jsonpatch.Operation"],
    [[{ op: 1 }], "number into Go struct field jsonPatchOp.op of type string", undefined],
    [
      [{ op: "add", path: 1 }],
      "number into Go struct field jsonPatchOp.path of type string",
      undefined,
    ],
  ] as const)("%j is no patch", (patch, strict, type) => {
    const { message, code } = failure(target, patch, "Warn");
    expect(message).toBe(`error decoding patch: json: cannot unmarshal ${strict}`);
    expect(code).toBe(400);
    const lenient = failure(target, patch, "Ignore");
    if (type === undefined) expect(lenient.code).toBe(422);
    else
      expect(lenient.message).toBe(
        `json: cannot unmarshal ${strict.split(" ")[0]} into Go value of type ${type}`,
      );
  });

  test("has its unknown members named, where somebody asks", () => {
    const patch = [{ op: "test", path: "/a", foo: 1, Value: 2 }];
    expect(readOperations(patch, "Warn").unknown).toEqual([
      'unknown field "[0].foo"',
      'unknown field "[0].Value"',
    ]);
    expect(readOperations(patch, "Ignore").unknown).toEqual([]);
  });

  test("is bounded in operations and in what they copy", () => {
    const many = Array.from({ length: 10_001 }, () => ({ op: "test", path: "/a", value: {} }));
    expect(failure(target, many)).toMatchObject({
      code: 413,
      reason: "RequestEntityTooLarge",
      message:
        "Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001",
    });
    const doubling = Array.from({ length: 40 }, () => ({ op: "copy", from: "/a", path: "/a/b/-" }));
    expect(failure({ a: { b: ["x".repeat(1000)] } }, doubling).code).toBe(422);
  });

  test("made from two values leads from one to the other", () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue()),
        fc.dictionary(fc.string(), fc.jsonValue()),
        (from, to) => {
          const patch = JSON.parse(JSON.stringify(createPatch(from, to)));
          expect(attempt(from, patch)).toEqual(JSON.parse(JSON.stringify(to)));
        },
      ),
      { numRuns: 100 },
    );
  });

  test("undone, a change leaves the document as it was", () => {
    const documents = fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 });
    fc.assert(
      fc.property(documents, fc.string(), fc.jsonValue(), (document, name, value) => {
        const path = `/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
        fc.pre(!Object.hasOwn(document, name));
        const added = [
          { op: "add", path, value },
          { op: "test", path, value },
        ];
        expect(attempt(document, [...added, { op: "remove", path }])).toEqual(document as never);
      }),
      { numRuns: 100 },
    );
  });
});

describe("a merge patch", () => {
  test.each([
    [{ a: "b" }, { a: "c" }, { a: "c" }],
    [{ a: "b" }, { b: "c" }, { a: "b", b: "c" }],
    [{ a: "b", b: "c" }, { a: null }, { b: "c" }],
    [{ a: ["b"] }, { a: "c" }, { a: "c" }],
    [{ a: "c" }, { a: ["b"] }, { a: ["b"] }],
    [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
    [{ a: [{ b: "c" }] }, { a: [1] }, { a: [1] }],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [{ a: { b: "c" } }, { a: [{ d: null }] }, { a: [{ d: null }] }],
    [{ a: [] }, { a: [{ d: null }, null] }, { a: [{}, null] }],
    [{}, { a: { b: [{ c: null }] } }, { a: { b: [{}] } }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])("%j with %j is %j", (target: JsonObject, patch: JsonObject, expected) => {
    expect(applyMergePatch(target, patch)).toEqual(expected as never);
  });

  const objects = fc.dictionary(fc.string(), fc.jsonValue());

  test("applied often changes nothing more, and the inputs stay as they were", () => {
    fc.assert(
      fc.property(objects, objects, (target, patch) => {
        // nulls go from a list that replaces a list, and stay in one that replaces a map
        fc.pre(!JSON.stringify(patch).includes("["));
        const before = JSON.stringify([target, patch]);
        // A list in the place of something else keeps its nulls, one in the place of a list does not.
        const twice = applyMergePatch(applyMergePatch(target, patch), patch);
        expect(applyMergePatch(twice, patch)).toEqual(twice as never);
        expect(JSON.stringify([target, patch])).toBe(before);
      }),
      { numRuns: 200 },
    );
  });
});
