import { expect, test } from "bun:test";
import fc from "fast-check";
import { DecodeError } from "./decode-error.ts";
import { readYaml } from "./yaml.ts";

const read = (text: string) => readYaml(new TextEncoder().encode(text));

test("scalars are read as YAML 1.1 with Kubernetes' exceptions", () => {
  const { value } = read(`
yes: y
on: On
text2: "no"
octal: 0644
hex: 0x10
float: 1.5
sexagesimal: 22:22
date: 2024-01-02
text: 1_a
nothing: ~
80: port
`);
  expect(value).toEqual({
    true: true,
    text2: "no",
    octal: 420,
    hex: 16,
    float: 1.5,
    sexagesimal: "22:22",
    date: "2024-01-02",
    text: "1_a",
    nothing: null,
    "80": "port",
  });
});

test("JSON is YAML, anchors and merge keys are resolved", () => {
  expect(read('{"a": [1, "2"], "b": {"c": null}}').value).toEqual({ a: [1, "2"], b: { c: null } });
  expect(read("base: &b {x: 1}\nuse:\n  <<: *b\n  z: 2\n").value).toEqual({
    base: { x: 1 },
    use: { x: 1, z: 2 },
  });
});

test("only the first document counts, an empty one is null", () => {
  expect(read("a: 1\n---\nb: 2\n").value).toEqual({ a: 1 });
  expect(read("").value).toBeNull();
  expect(read("# nothing\n").value).toBeNull();
});

test("duplicate keys are told with their line, the document is read all the same", () => {
  const { value, duplicates } = read("a: 1\nb:\n  c: 1\n  c: 2\n");
  expect(value).toEqual({ a: 1, b: { c: 2 } });
  expect(duplicates).toEqual(['yaml: unmarshal errors:\n  line 4: key "c" already set in map']);
});

test("whole numbers keep every digit as far as Go's int64 goes", () => {
  expect(
    read("a: 9007199254740993\nb: -9223372036854775808\nc: 18446744073709551616").value,
  ).toEqual({
    a: 9007199254740993n,
    b: -(2n ** 63n),
    c: 2 ** 64,
  });
});

test("alias bombs and what JSON cannot say are refused", () => {
  const bomb = ["a: &a [x,x,x,x,x,x,x,x,x]"];
  for (const [from, to] of ["ab", "bc", "cd", "de", "ef"].map((pair) => [...pair]))
    bomb.push(`${to}: &${to} [*${from},*${from},*${from},*${from},*${from},*${from}]`);
  expect(() => read(bomb.join("\n"))).toThrow(/^yaml: document contains excessive aliasing$/);
  expect(() => read("a: .inf")).toThrow(/^json: unsupported value: \+Inf$/);
});

test.each([
  ["613a20ff", "yaml: invalid leading UTF-8 octet"],
  ["613a20c328", "yaml: invalid trailing UTF-8 octet"],
  ["613a20e282", "yaml: incomplete UTF-8 octet sequence"],
  ["613a20eda080", "yaml: invalid Unicode character"],
])("bytes that are no UTF-8 are refused: %s", (hex, message) => {
  expect(() => readYaml(Buffer.from(hex, "hex"))).toThrow(message);
});

// observed on sigs.k8s.io/yaml 1.6.0
test.each([
  ["null: 1", "unsupported map key of type: %!s(<nil>), key: <nil>, value: 1"],
  [
    "? \n: {b: [c]}",
    'unsupported map key of type: %!s(<nil>), key: <nil>, value: map[interface {}]interface {}{"b":[]interface {}{"c"}}',
  ],
  ["~: null", "unsupported map key of type: %!s(<nil>), key: <nil>, value: <nil>"],
  ["a:\n  ? [b, 1]\n  : c", 'yaml: invalid map key: []interface {}{"b", 1}'],
  ["? {a: b}\n: c", 'yaml: invalid map key: map[interface {}]interface {}{"a":"b"}'],
  ["a: &x [b]\n*x : c", 'yaml: invalid map key: []interface {}{"b"}'],
  ["<<: 1", "yaml: map merge requires map or sequence of maps as the value"],
  ["a: {<<: [1]}", "yaml: map merge requires map or sequence of maps as the value"],
  ["a: &x [1]\nb: {<<: *x}", "yaml: map merge requires map or sequence of maps as the value"],
])("%j has a key that JSON cannot have", (text, message) => {
  expect(() => read(text)).toThrow(new DecodeError(message));
});

test("keys of plain values are texts", () => {
  expect(read("1: a\n1.5: b\ntrue: c\n.inf: d\n-.inf: e\n.nan: f\n'<<': g\n").value).toEqual({
    "1": "a",
    "1.5": "b",
    true: "c",
    ".inf": "d",
    "-.inf": "e",
    ".nan": "f",
    "<<": "g",
  });
});

test("whatever a text is, it is read or refused", () => {
  const bits = [
    "a",
    "b:",
    " ",
    "\n",
    "- ",
    ": ",
    "[",
    "]",
    "{",
    "}",
    ",",
    "'",
    '"',
    "|\n",
    "&x ",
    "*x",
    "? ",
    "\t",
    "---\n",
    "%",
  ];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...bits), { maxLength: 30 }), (parts) => {
      try {
        read(parts.join(""));
      } catch (error) {
        expect(error).toBeInstanceOf(DecodeError);
      }
    }),
    { numRuns: 500 },
  );
});
