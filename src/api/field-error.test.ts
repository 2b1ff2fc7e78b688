import { expect, test } from "bun:test";
import { WrittenJson } from "#lib/json-text.ts";
import { duplicate, invalid } from "./field-error.ts";
import { Quantity } from "./quantity.ts";

const told = (value: unknown) => invalid("f", { value, detail: "no" }).message;

test("values are told as Go tells them", () => {
  expect(told("<a>")).toBe('Invalid value: "<a>": no');
  expect(told(["<a>"])).toBe('Invalid value: ["\\u003ca\\u003e"]: no');
  expect(told(2n ** 60n)).toBe("Invalid value: 1152921504606846976: no");
  expect(told({ b: { d: 1, c: 2 }, a: null })).toBe(
    'Invalid value: {"a":null,"b":{"c":2,"d":1}}: no',
  );
});

test("what says itself how it is told stays as it is", () => {
  expect(told(Quantity.parse("1024Mi"))).toBe('Invalid value: "1Gi": no');
  expect(duplicate("f", new WrittenJson('{"B":1,"A":2}')).message).toBe(
    'Duplicate value: {"B":1,"A":2}',
  );
});
