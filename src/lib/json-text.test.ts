import { expect, test } from "bun:test";
import { jsonText } from "./json-text.ts";

test("bigints are written with all their digits, all else as ever", () => {
  expect(jsonText({ a: 9007199254740993n, b: [1.5, "9007199254740993", -(2n ** 63n)] })).toBe(
    '{"a":9007199254740993,"b":[1.5,"9007199254740993",-9223372036854775808]}',
  );
  expect(jsonText({ a: 1, b: undefined })).toBe('{"a":1}');
  expect(jsonText(undefined)).toBe("null");
});

test("a value that contains itself is told", () => {
  const value: Record<string, unknown> = {};
  value["self"] = value;
  expect(() => jsonText(value)).toThrow(TypeError);
});
