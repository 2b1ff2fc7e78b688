import { expect, test } from "bun:test";
import { compare } from "./compare.ts";
import { UNDESCRIBED } from "./custom-type.ts";
import { MEMBER } from "./field-set.ts";

test("where nothing is declared a map that becomes nothing loses its entries, and is no other value", () => {
  const before = { a: { b: 1, c: 2 } };
  expect(compare(UNDESCRIBED, { before, after: { a: null } })).toEqual({
    changed: {},
    removed: { "f:a": { "f:b": MEMBER, "f:c": MEMBER } },
  });
  expect(compare(UNDESCRIBED, { before, after: { a: 1 } }).changed).toEqual({ "f:a": MEMBER });
});
