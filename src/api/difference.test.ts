import { expect, test } from "bun:test";
import { differences } from "./difference.ts";

test("differences are named by their path, down to the value that changed", () => {
  const current = { a: 1, b: [{ c: "x", same: {} }, "y"], gone: true, list: [1] };
  const next = { a: 2, b: [{ c: "z", same: {} }], list: { 0: 1 }, more: null };
  expect(differences({ current, next })).toEqual([
    "a: 1 -> 2",
    'b[0].c: "x" -> "z"',
    'b[1]: "y" -> undefined',
    "gone: true -> undefined",
    'list: [1] -> {"0":1}',
    "more: undefined -> null",
  ]);
  expect(differences({ current, next: structuredClone(current) })).toEqual([]);
});
