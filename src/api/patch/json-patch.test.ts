import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { createPatch } from "rfc6902";
import { StatusError } from "../status.ts";
import { applyJsonPatch } from "./json-patch.ts";
import { applyMergePatch } from "./merge-patch.ts";

function failure(target: unknown, patch: unknown) {
  try {
    applyJsonPatch(target, patch);
  } catch (error) {
    if (error instanceof StatusError) return error.status;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("a JSON patch", () => {
  const target = { a: { b: [1, 2, 3] }, "x/y": 1 };

  test.each([
    [
      [{ op: "add", path: "/a/c", value: { d: 1 } }],
      { a: { b: [1, 2, 3], c: { d: 1 } }, "x/y": 1 },
    ],
    [[{ op: "add", path: "/a/b/1", value: 9 }], { a: { b: [1, 9, 2, 3] }, "x/y": 1 }],
    [[{ op: "add", path: "/a/b/-", value: 9 }], { a: { b: [1, 2, 3, 9] }, "x/y": 1 }],
    [[{ op: "remove", path: "/x~1y" }], { a: { b: [1, 2, 3] } }],
    [[{ op: "replace", path: "", value: { z: 1 } }], { z: 1 }],
    [[{ op: "move", from: "/a/b", path: "/b" }], { a: {}, "x/y": 1, b: [1, 2, 3] }],
    [[{ op: "copy", from: "/a/b/0", path: "/x~1y" }], target],
    [[{ op: "test", path: "/a/b", value: [1, 2, 3] }], target],
    [[], target],
  ])("%j is applied", (patch, expected) => {
    const before = structuredClone(target);
    expect(applyJsonPatch(Object.freeze(target), patch)).toEqual(expected as never);
    expect(target).toEqual(before);
  });

  test.each([
    [{ op: "test", path: "/a/b", value: [1] }],
    [{ op: "test", path: "/nope/x", value: 1 }],
    [{ op: "remove", path: "/nope" }],
    [{ op: "replace", path: "/a/nope", value: 1 }],
    [{ op: "add", path: "/nope/x", value: 1 }],
    [{ op: "add", path: "/a/b/4", value: 1 }],
    [{ op: "add", path: "/a/b/01", value: 1 }],
    [{ op: "replace", path: "/a/b/3", value: 1 }],
    [{ op: "replace", path: "/a/b/length", value: 0 }],
    [{ op: "add", path: "/x~1y/z", value: 1 }],
    [{ op: "remove", path: "/a/toString" }],
    [{ op: "copy", from: "/a/toString", path: "/b" }],
    [{ op: "add", path: "/__proto__/x", value: 1 }],
    [{ op: "add", path: "a", value: 1 }],
    [{ op: "add", path: "/a" }],
    [{ op: "frob", path: "/a" }],
    ["add"],
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

  test("must be an array", () => {
    expect(failure(target, { op: "add" })).toMatchObject({
      code: 400,
      message: "json: cannot unmarshal object into Go value of type jsonpatch.Patch",
    });
  });

  test("is bounded in operations and in what they copy", () => {
    const many = Array.from({ length: 10_001 }, () => ({ op: "test", path: "/a", value: {} }));
    expect(failure(target, many)).toMatchObject({ code: 413, reason: "RequestEntityTooLarge" });
    const doubling = Array.from({ length: 40 }, () => ({ op: "copy", from: "/a", path: "/a/b/-" }));
    expect(failure({ a: { b: ["x".repeat(1000)] } }, doubling).code).toBe(422);
  });

  test("made from two values leads from one to the other", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (from, to) => {
        fc.pre(!/__proto__|constructor|prototype/.test(JSON.stringify([from, to])));
        const patch = createPatch(from, to);
        const result = applyJsonPatch(from, patch);
        expect(JSON.stringify(createPatch(result, to))).toBe("[]");
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
    [[1, 2], { a: "b", c: null }, { a: "b" }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])("RFC 7386: %j with %j is %j", (target, patch, expected) => {
    expect(applyMergePatch(target, patch)).toEqual(expected as never);
  });

  test("applied twice changes nothing more, and the inputs stay as they were", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (target, patch) => {
        const before = JSON.stringify([target, patch]);
        const once = applyMergePatch(target, patch);
        expect(applyMergePatch(once, patch)).toEqual(once as never);
        expect(JSON.stringify([target, patch])).toBe(before);
      }),
      { numRuns: 200 },
    );
  });
});
