import { expect, test } from "bun:test";
import { STRING } from "#api/cel/types.ts";
import { scopeOf } from "./scope.ts";

test("each variable sees those before it, conditions see none, messages ask nobody", () => {
  const variables = [
    { name: "a", expression: "'x'" },
    { name: "b", expression: "variables.a" },
  ];
  const scope = scopeOf({ variables }, () => STRING);
  const namesIn = (declared: typeof scope.rules): string[] => {
    const type = declared.get("variables");
    return type?.is === "object" ? [...type.fields.keys()] : [];
  };
  expect(scope.variables.map(namesIn)).toEqual([[], ["a"]]);
  expect(namesIn(scope.rules)).toEqual(["a", "b"]);
  expect(scope.conditions.has("variables")).toBe(false);
  expect(scope.rules.has("authorizer")).toBe(true);
  expect(scope.messages.has("authorizer")).toBe(false);
  expect(scope.rules.has("params")).toBe(false);
  const paramKind = { apiVersion: "v1", kind: "ConfigMap" };
  expect(scopeOf({ paramKind }, () => STRING).messages.has("params")).toBe(true);
});
