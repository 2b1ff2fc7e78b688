import { describe, expect, test } from "bun:test";
import { statusErrorOf } from "#test/kit/status-error.ts";
import { decodePatch, patchTypeOf } from "../codec/decode-patch.ts";
import type { FieldValidation } from "../codec/strict.ts";
import { deepFreeze } from "../object.ts";
import { applyPatch, type PatchRequest } from "./apply-patch.ts";

const current = deepFreeze({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web", labels: { app: "web" } },
  spec: {
    replicas: 3,
    strategy: {},
    template: {
      metadata: {},
      spec: { containers: [{ name: "c", image: "a", resources: {} }] },
    },
  },
  status: {},
});

function apply(patch: PatchRequest["patch"], fieldValidation: FieldValidation = "Strict") {
  const definition = "io.k8s.api.apps.v1.Deployment";
  return applyPatch({ definition, patch, current, fieldValidation });
}

const failure = (attempt: () => unknown) => statusErrorOf(attempt).status;

const decode = (contentType: string, text: string, fieldValidation: FieldValidation = "Strict") =>
  decodePatch({
    body: new TextEncoder().encode(text),
    type: patchTypeOf(contentType, { isCustom: false }),
    fieldValidation,
  });

describe("applyPatch", () => {
  test("every type ends in an object that shares nothing with the frozen one", () => {
    const image = { spec: { template: { spec: { containers: [{ name: "c", image: "b" }] } } } };
    const path = "/spec/template/spec/containers/0/image";
    const patches: PatchRequest["patch"][] = [
      { type: "strategic", body: image },
      { type: "merge", body: image },
      { type: "json", body: [{ op: "replace", path, value: "b" }] },
    ];
    for (const patch of patches) {
      const { object, warnings } = apply(deepFreeze(patch));
      expect(object).toEqual(JSON.parse(JSON.stringify(current).replace('"a"', '"b"')));
      expect(warnings).toEqual([]);
      const isUnfrozen = (value: unknown): boolean =>
        typeof value !== "object" ||
        value === null ||
        (!Object.isFrozen(value) && Object.values(value).every(isUnfrozen));
      expect(isUnfrozen(object)).toBe(true);
    }
  });

  test("a patch that changes nothing gives an equal object", () => {
    expect(apply({ type: "merge", body: {} }).object).toEqual(current as never);
  });

  test("unknown fields are refused, warned of or dropped", () => {
    const patch: PatchRequest["patch"] = { type: "strategic", body: { spec: { foo: 1 } } };
    expect(failure(() => apply(patch))).toMatchObject({
      code: 422,
      reason: "Invalid",
      message:
        ' "" is invalid: patch: Invalid value: "map[spec:map[foo:1]]": strict decoding error: unknown field "spec.foo"',
      details: { causes: [{ reason: "FieldValueInvalid", field: "patch" }] },
    });
    expect(apply(patch, "Warn").warnings).toEqual(['unknown field "spec.foo"']);
    expect(apply(patch, "Ignore")).toEqual({ object: current, warnings: [] } as never);
  });

  test("values of the wrong type are 422, in the words of the reader that met them", () => {
    const body = { spec: { replicas: "many" } };
    const message = (type: "merge" | "strategic") => failure(() => apply({ type, body })).message;
    expect(apply({ type: "strategic", body: { kind: "Pod", apiVersion: null } }).object).toEqual(
      current as never,
    );
    expect(message("strategic")).toBe(
      ' "" is invalid: patch: Invalid value: "map[spec:map[replicas:many]]": unrecognized type: int32',
    );
    expect(message("merge")).toEndWith(
      "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32",
    );
  });

  test("the kind cannot be patched", () => {
    for (const body of [{ kind: "Pod" }, { apiVersion: "v1" }])
      expect(failure(() => apply({ type: "merge", body })).code).toBe(422);
    const unnamed = { kind: null, apiVersion: null };
    expect(apply({ type: "merge", body: unnamed }).object).toEqual(current as never);
  });

  test("a merge patch must be an object", () => {
    expect(failure(() => apply({ type: "merge", body: null })).message).toBe("Invalid JSON Patch");
    const lenient = failure(() => apply({ type: "merge", body: 1 }, "Ignore"));
    expect(lenient).toMatchObject({ code: 400, message: "Invalid JSON Patch" });
    expect(failure(() => apply({ type: "merge", body: [] }, "Ignore")).code).toBe(422);
    expect(failure(() => apply({ type: "merge", body: [] }))).toMatchObject({
      code: 400,
      message:
        "error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}",
    });
  });
});

describe("decodePatch", () => {
  test("knows the type by the media type", () => {
    expect(decode("application/json-patch+json", "[]").patch).toEqual({ type: "json", body: [] });
    expect(decode("application/merge-patch+json; charset=utf-8", "{}").patch.type).toBe("merge");
    expect(decode("application/apply-patch+yaml", "a: 1").patch).toEqual({
      type: "apply",
      body: { a: 1 },
    });
    expect(failure(() => decode("application/json", "{}"))).toMatchObject({
      code: 415,
      message: "415: Unsupported Media Type",
    });
  });

  test("words malformed JSON as Kubernetes does", () => {
    expect(failure(() => decode("application/merge-patch+json", "{")).message).toBe(
      "error decoding patch: unexpected end of JSON input",
    );
    expect(failure(() => decode("application/strategic-merge-patch+json", "{")).message).toBe(
      "unexpected end of JSON input",
    );
  });

  test("sees duplicate keys, which strict decoding refuses", () => {
    const type = "application/merge-patch+json";
    const text = '{"spec":{"replicas":1,"replicas":2}}';
    const { patch } = decode(type, text, "Warn");
    const why = 'duplicate field "spec.replicas"';
    expect(patch).toEqual({
      type: "merge",
      body: { spec: { replicas: 2 } },
      strictErrors: [why],
    });
    if (patch.type === "apply") throw new Error("A merge patch was read as another");
    const given = { ...patch, type: patch.type };
    expect(apply(given, "Warn").warnings).toEqual([why]);
    const { code, message } = failure(() => apply(given));
    expect(code).toBe(422);
    expect(message).toStartWith(
      ' "" is invalid: patch: Invalid value: "{\\"apiVersion\\":\\"apps/v1\\",\\"kind\\":\\"Deployment\\"',
    );
    expect(message).toEndWith(`: strict decoding error: ${why}`);
    expect(decode(type, text, "Ignore").patch).not.toHaveProperty("strictErrors");
    const twice = '[{"op":"test","op":"test","path":"/spec/replicas","value":3,"x":1}]';
    const json = decode("application/json-patch+json", twice, "Warn").patch;
    if (json.type === "apply") throw new Error("A JSON patch was read as another");
    expect(apply({ ...json, type: json.type }, "Warn").warnings).toEqual([
      'json patch duplicate field "[0].op"',
      'json patch unknown field "[0].x"',
    ]);
  });
});
