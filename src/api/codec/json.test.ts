import { expect, test } from "bun:test";
import * as fc from "fast-check";
import { readJson } from "./json.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const read = (text: string) => readJson(bytes(text));
const errorOf = (text: string): string => {
  try {
    read(text);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return "no error";
};

test.each([
  ["", "unexpected end of JSON input"],
  ["{", "unexpected end of JSON input"],
  ['{"a"', "unexpected end of JSON input"],
  ['{"a":"b', "unexpected end of JSON input"],
  ["{a:1}", "invalid character 'a' looking for beginning of object key string"],
  ['{"a" 1}', "invalid character '1' after object key"],
  ['{"a":1 "b":2}', "invalid character '\"' after object key:value pair"],
  ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
  ["[1 2]", "invalid character '2' after array element"],
  ["[1,]", "invalid character ']' looking for beginning of value"],
  ['{"a":}', "invalid character '}' looking for beginning of value"],
  ["{} x", "invalid character 'x' after top-level value"],
  ["trux", "invalid character 'x' in literal true (expecting 'e')"],
  ["nul", "unexpected end of JSON input"],
  ["[-]", "invalid character ']' in numeric literal"],
  ["[1.]", "invalid character ']' after decimal point in numeric literal"],
  ["[1e]", "invalid character ']' in exponent of numeric literal"],
  ["[01]", "invalid character '1' after array element"],
  ['"\\x"', "invalid character 'x' in string escape code"],
  ['"\\u12g4"', "invalid character 'g' in \\u hexadecimal character escape"],
  ['"a\nb"', "invalid character '\\n' in string literal"],
  ["{'a':1}", "invalid character '\\'' looking for beginning of object key string"],
  ["\u00e9", "invalid character '\u00c3' looking for beginning of value"],
  ["\ufeff{}", "invalid character '\u00ef' looking for beginning of value"],
])("malformed JSON %p is worded as Go does", (text, message) => {
  expect(errorOf(text)).toBe(message);
});

test("duplicate keys are seen with their path and the last value wins", () => {
  const { value, duplicates } = read('{"s":{"r":1,"l":[{"a":1},{"b":1,"b":2}],"r":3},"s2":"x:y"}');
  expect(value).toEqual({ s: { r: 3, l: [{ a: 1 }, { b: 2 }] }, s2: "x:y" });
  expect(duplicates).toEqual(["s.l[1].b", "s.r"]);
});

test("whole numbers keep every digit as far as Go's int64 goes, and are float64 beyond", () => {
  expect(read('{"a":9007199254740991}').value).toEqual({ a: 9007199254740991 });
  expect(read('{"a":"9007199254740993"}').value).toEqual({ a: "9007199254740993" });
  expect(read('{"a":0.1234567890123456789}').value).toEqual({ a: 0.12345678901234568 });
  expect(read('{"a":9007199254740993}').value).toEqual({ a: 9007199254740993n });
  expect(read('{"a":-9223372036854775808}').value).toEqual({ a: -(2n ** 63n) });
  expect(read('{"a":9223372036854775808}').value).toEqual({ a: 2 ** 63 });
});

test("nesting is bounded, whichever parser would overflow first", () => {
  const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
  expect(errorOf(nested(1000))).toBe("no error");
  expect(errorOf(nested(1001))).toBe("exceeded max depth");
  expect(errorOf(nested(500_000))).toBe("exceeded max depth");
});

test("a key named __proto__ is data", () => {
  const { value } = read('{"a":1,"a":2,"__proto__":{"x":1}}');
  expect(Object.keys(value as object)).toEqual(["a", "__proto__"]);
  expect(({} as Record<string, unknown>)["x"]).toBeUndefined();
});

test("whatever JSON.stringify writes is read back without a second look", () => {
  fc.assert(
    fc.property(fc.jsonValue({ depthSize: "small" }), (value) => {
      const text = JSON.stringify(value);
      fc.pre(!/\d{16}/.test(text));
      const result = read(text);
      expect(result.duplicates).toEqual([]);
      expect(JSON.stringify(result.value)).toBe(JSON.stringify(JSON.parse(text)));
    }),
    { numRuns: 300 },
  );
});

/** A document as somebody may write it by hand: escapes, spaces, odd numbers, keys that stand twice. */
const { document } = fc.letrec<{ document: string }>((tie) => {
  const space = fc.constantFrom("", " ", "\n\t");
  const character = fc.oneof(
    fc.constantFrom(
      "a",
      "é",
      "😀",
      "\\n",
      '\\"',
      "\\\\",
      "\\/",
      "\\u0041",
      "\\ud83d\\ude00",
      ":",
      "{",
      "1",
    ),
    fc
      .integer({ min: 0x20, max: 0xd7ff })
      .map((code) => `\\u${code.toString(16).padStart(4, "0")}`),
  );
  const text = fc.array(character, { maxLength: 6 }).map((parts) => `"${parts.join("")}"`);
  const key = fc.constantFrom('"a"', '"b"', '"\\u0061"', '"a:b"');
  const number = fc.oneof(
    fc.integer().map(String),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
    fc.constantFrom("-0", "1.0", "1e2", "1E-7", "0.10"),
  );
  const wrapped = (inner: fc.Arbitrary<string>) =>
    fc.tuple(space, inner, space).map((parts) => parts.join(""));
  const member = fc.tuple(key, wrapped(tie("document"))).map(([name, value]) => `${name}:${value}`);
  const list = fc.array(tie("document"), { maxLength: 3 }).map((items) => `[${items.join(",")}]`);
  const object = fc.array(member, { maxLength: 3 }).map((members) => `{${members.join(",")}}`);
  const leaf = fc.oneof(text, number, fc.constantFrom("true", "false", "null"));
  return { document: fc.oneof({ maxDepth: 3 }, leaf, list, object) };
});

test("any document is read as JSON.parse reads it", () => {
  fc.assert(
    fc.property(document, (text) => {
      fc.pre(!/\d{16}/.test(text));
      expect(read(text).value).toEqual(JSON.parse(text));
    }),
    { numRuns: 500 },
  );
});

test("keys that stand twice are told, each once, and no others", () => {
  const keys = fc.array(fc.constantFrom("a", "b", "c", "d"), { maxLength: 6 });
  fc.assert(
    fc.property(keys, (names) => {
      const text = `{${names.map((name, index) => `"${name}":${index}`).join(",")}}`;
      const twice = new Set(names.filter((name, index) => names.indexOf(name) !== index));
      expect(new Set(read(text).duplicates)).toEqual(twice);
    }),
  );
});

test("every whole number of an int64 is kept, and written as it came", () => {
  const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
  fc.assert(
    fc.property(int64, (value) => {
      const found = read(`[${value}]`).value as readonly (number | bigint)[];
      expect(String(found[0])).toBe(String(value));
    }),
  );
});
