import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { explain } from "#lib/errors.ts";
import { Budget } from "./budget.ts";
import { CelCompileError } from "./compile-error.ts";
import { CelCostError, CelError } from "./errors.ts";
import { KUBERNETES_LIBRARY } from "./library/library.ts";
import { runtimeName } from "./operators.ts";
import { CelEnvironment } from "./program.ts";
import { type CelType, DYN, INT, listOf, STRING } from "./types.ts";
import { type CelValue, isList, isMap, LiteralMap, Optional, Uint } from "./values.ts";

const environment = new CelEnvironment();
const self = new LiteralMap([
  ["n", 1n],
  ["d", 1.5],
  ["s", "text"],
  ["nothing", null],
  ["list", [1n, "a", 2.5]],
  ["pods", [new LiteralMap([["name", "a"]]), new LiteralMap([["name", "b"]])]],
]);
const VARIABLES = new Map([
  ["self", DYN],
  ["numbers", listOf(INT)],
  ["word", STRING],
]);
const BINDINGS = new Map<string, CelValue>([
  ["self", self],
  ["numbers", [3n, 1n, 2n]],
  ["word", "grün"],
]);

function evaluate(source: string, limit = 10_000): CelValue {
  const program = environment.compile(source, { variables: VARIABLES });
  return program.evaluate(BINDINGS, new Budget(limit));
}

/** A value as JSON has it, `uint` and optionals marked. */
function plain(value: CelValue): unknown {
  if (typeof value === "bigint") return Number(value);
  if (value instanceof Uint) return `${value.value}u`;
  if (value instanceof Optional) return value.value === undefined ? "none" : [plain(value.value)];
  if (typeof value === "object" && value !== null && isList(value)) return value.map(plain);
  if (isMap(value))
    return Object.fromEntries(
      value.keys().map((key) => [String(key), plain(value.get(key) ?? null)]),
    );
  if (typeof value === "object" && value !== null) return runtimeName(value);
  return value;
}

const outcome = (source: string): unknown => {
  try {
    return plain(evaluate(source));
  } catch (error) {
    if (error instanceof CelError) return `!! ${explain(error)}`;
    if (!(error instanceof CelCompileError)) throw error;
    return explain(error).replace(/^ERROR: <input>:\d+:\d+: (.*)\n[\s\S]*$/, "! $1");
  }
};

describe.each<readonly [string, unknown]>([
  ["1 + 2 * 3", 7],
  ["7 / 2", 3],
  ["-7 % 3", -1],
  ["1 / 0", "!! division by zero"],
  ["1 % 0", "!! modulus by zero"],
  ["9223372036854775807 + 1", "!! integer overflow"],
  ["-(-9223372036854775807 - 1)", "!! integer overflow"],
  ["9223372036854775808 + 0", "! invalid int literal"],
  ["1u + 2u", "3u"],
  ["0u - 1u", "!! unsigned integer overflow"],
  ["0x10 + 0", 16],
  ["1.5 + 1.5", 3],
  ["1 + 1.0", "! found no matching overload for '_+_' applied to '(int, double)'"],
  ["self.n + 1.0", "!! no such overload"],
  ["self.n == 1.0", true],
  ["self.n < self.d", true],
  ["1 == dyn('a')", false],
  ["1 == 'a'", "! found no matching overload for '_==_' applied to '(int, string)'"],
  ["self.nothing == null", true],
  ["self.list == [1, dyn('a'), 2.5]", "! expected type 'int' but found 'dyn'"],
  ["dyn([1, 2]) == [1.0, 2.0]", true],
  ["self.missing", "!! no such key: missing"],
  ["self.missing == 1 || true", true],
  ["false && self.missing == 1", false],
  ["self.missing == 1 && true", "!! no such key: missing"],
  ["has(self.n) && !has(self.missing)", true],
  ["has(self.missing.deeper)", "!! no such key: missing"],
  ["self.?missing.?deeper.orValue(3)", 3],
  ["self.?n", [1]],
  ["optional.none().hasValue()", false],
  ["[?self.?n, ?self.?missing]", [1]],
  ["{?'a': self.?n, ?'b': self.?missing}", { a: 1 }],
  ["self.?n.optMap(x, x + 1)", [2]],
  ["numbers.all(x, x > 0)", true],
  ["numbers.exists(x, x > 2)", true],
  ["numbers.exists_one(x, x > 1)", false],
  ["self.list.exists(x, x > 1)", true],
  ["self.list.all(x, x > 0)", "!! no such overload"],
  ["numbers.filter(x, x > 1)", [3, 2]],
  ["numbers.map(x, x * 2)", [6, 2, 4]],
  ["numbers.map(x, x > 1, x * 2)", [6, 4]],
  ["numbers.all(i, x, x > i)", false],
  ["numbers.transformList(i, x, i * x)", [0, 1, 4]],
  ["{'a': 1, 'b': 2}.transformMap(k, v, v + 1)", { a: 2, b: 3 }],
  ["{'a': 1}.transformMapEntry(k, v, {k + k: v})", { aa: 1 }],
  ["{'a': 1}.exists(k, v, v == 1)", true],
  ["self.pods.map(p, p.name).join('-')", "a-b"],
  ["cel.bind(x, 2, x * x)", "! undeclared reference to 'cel' (in container '')"],
  ["2 in numbers && !(4 in numbers)", true],
  ["'n' in self", true],
  ["{1: 'a'}[dyn(1u)]", "a"],
  ["numbers[3]", "!! index out of bounds: 3"],
  ["{1: 2}[3]", "!! no such key: 3"],
  ["true ? 1 : 2", 1],
  ["1 ? 1 : 2", "! found no matching overload for '_?_:_' applied to '(int, int, int)'"],
  ["type(1) == int && type(self) == map", true],
  ["type(timestamp('2020-01-01T00:00:00Z')) == google.protobuf.Timestamp", true],
  ["size(word)", 4],
  ["word.size() == 4 && 'a\\u00e9\\x62'.size() == 3", true],
  ["'\\a'", "\x07"],
  ['r\'\\d\' + """x"""', "\\dx"],
  ["b'\\xff'.size()", 1],
  ["string(1.0) + string(1e30) + string(true)", "11e+30true"],
  ["int('12') + int(1.9)", 13],
  ["int('x')", "!! type conversion error from 'string' to 'int'"],
  ["uint('+5')", "!! type conversion error from 'string' to 'uint'"],
  [
    "ip('1.2.' + '3')",
    '!! IP Address "1.2.3" parse error during conversion from string: ParseAddr("1.2.3"): IPv4 address too short',
  ],
  [
    "ip('ab' + 'c')",
    '!! IP Address "abc" parse error during conversion from string: ParseAddr("abc"): unable to parse IP',
  ],
  ["uint(-1)", "!! unsigned integer overflow"],
  ["duration('1h30m').getMinutes()", 90],
  ["string(duration('90m')) + string(duration('-1.5s'))", "5400s-1.5s"],
  ["duration('1' + '0')", "!! type conversion error from 'string' to 'google.protobuf.Duration'"],
  [
    "string(timestamp('2020-02-29T23:59:59.123456789+01:00') + duration('1ns'))",
    "2020-02-29T22:59:59.12345679Z",
  ],
  [
    "timestamp('2021-02-29T' + '00:00:00Z').getDate() > 0",
    "!! type conversion error from 'string' to 'google.protobuf.Timestamp'",
  ],
  ["timestamp('2020-01-01T00:30:00Z').getDayOfWeek('America/New_York')", 2],
  ["timestamp('2020-01-01T00:30:00Z').getHours('-08:00')", 16],
  ["'abc'.matches('^[a-z]+$') && 'ABC'.matches('(?i)abc')", true],
  [
    "'a'.matches('(?=' + 'a)')",
    "!! error parsing regexp: invalid or unsupported Perl syntax: `(?=`",
  ],
  ["'abc 123 45'.findAll('[0-9]+')", ["123", "45"]],
  ["'abc'.find('b.')", "bc"],
  ["'a,b,c'.split(',', 2)", ["a", "b,c"]],
  ["'aaa'.replace('a', 'b', 2)", "bba"],
  ["'tacocat'.substring(0, 4).indexOf('o') + 'tacocat'.lastIndexOf('c')", 7],
  ["' a '.trim() + 'Ab'.lowerAscii() + 'Ab'.upperAscii()", "aabAB"],
  ["'%s|%d|%.2f|%x|%b|%e'.format(['a', 7, 1.5, 255, 5, 1.5])", "a|7|1.50|ff|101|1.500000e+00"],
  ["'%s'.format([[1, 2]]) + '%s'.format([{'b': 1, 'a': null}])", '[1, 2]{"a":null, "b":1}'],
  [
    "'%d'.format(['a'])",
    "! error during formatting: decimal clause can only be used on integers, was given string",
  ],
  ["numbers.sum() + numbers.min() + numbers.max() + numbers.indexOf(2)", 12],
  ["numbers.isSorted() || [1, 2, 2].isSorted()", true],
  ["[1, 2, 1].distinct().reverse()", [2, 1]],
  ["sets.contains([1, 2], [2]) && sets.equivalent([1, 2], [2, 1])", true],
  ["math.greatest(1, 5)", "! undeclared reference to 'math' (in container '')"],
  ["[1, 'a']", "! expected type 'int' but found 'string'"],
  ["unknown > 1 && other", "! undeclared reference to 'unknown' (in container '')"],
  ["quantity('1Gi').isGreaterThan(quantity('500Mi'))", true],
  ["quantity('1500m').asApproximateFloat()", 1.5],
  ["sign(quantity('-1'))", -1],
  ["'abc'.reverse()", "! found no matching overload for 'reverse' applied to 'string.()'"],
  ["isQuantity('x') || quantity('2').add(3).asInteger() == 5", true],
  ["ip('10.0.0.1').family() == 4 && ip('::1').isLoopback()", true],
  ["string(ip('2001:db8:0:0:0:0:0:1')) + string(ip('::'))", "2001:db8::1::"],
  ["cidr('10.0.0.0/8').containsIP('10.1.2.3') && !isIP('::ffff:1.2.3.4')", true],
  ["string(cidr('192.168.1.5/24').masked())", "192.168.1.0/24"],
  ["url('https://a.b:80/p?x=1&x=2').getQuery()['x'].size()", 2],
  ["url('https://[::1]:80/p').getHostname() + url('https://a.b/p').getPort()", "::1"],
  ["isURL('nothing')", false],
  ["semver('1.2.3-rc.1').isLessThan(semver('1.2.3')) && semver('v1.2', true).minor() == 2", true],
  ["format.dns1123Label().validate('A_b').hasValue()", true],
  ["!format.named('none').hasValue()", true],
  ["unknown", "! undeclared reference to 'unknown' (in container '')"],
  ["word.unknown()", "! undeclared reference to 'unknown' (in container '')"],
  ["word.startsWith(1)", "! found no matching overload for 'startsWith' applied to 'string.(int)'"],
  ["word.field", "! type 'string' does not support field selection"],
  ["duration('10') > duration('1s')", "! invalid duration argument"],
  ["timestamp('2021-02-29T00:00:00Z').getDate() > 0", "! invalid timestamp argument"],
  ["'a'.matches('(?=a)') || word.matches('a')", "! invalid matches argument"],
  ["duration('10') > word.field", "! type 'string' does not support field selection"],
  ["1 +", "! Syntax error: mismatched input '<EOF>'"],
  ["1 1", "! Syntax error: extraneous input '1' expecting <EOF>"],
  ["if", "! reserved identifier: if"],
  ["'a' # b", "! Syntax error: token recognition error at: '#'"],
])("%s", (source, expected) => {
  test("is what it is in Kubernetes", () => {
    const found = outcome(source);
    if (typeof expected === "string" && expected.startsWith("! Syntax"))
      expect(String(found)).toStartWith(expected);
    else expect(found).toEqual(expected);
  });
});

test("an error shows where it is", () => {
  expect(() => environment.compile("word ==\n  unknown", { variables: VARIABLES })).toThrow(
    new CelCompileError("word ==\n  unknown", [
      { problem: "undeclared reference to 'unknown' (in container '')", at: 10 },
    ]),
  );
  expect(new CelCompileError("a\n  b", [{ problem: "x", at: 4 }]).message).toBe(
    "ERROR: <input>:2:3: x\n |   b\n | ..^",
  );
});

test("an evaluation ends when it has cost what it may, whatever stands around it", () => {
  const loop = "numbers.all(a, numbers.all(b, numbers.all(c, a + b + c > 0)))";
  expect(evaluate(loop, 1000)).toBe(true);
  expect(() => evaluate(`${loop} || true`, 100)).toThrow(
    "operation cancelled: actual cost limit exceeded",
  );
});

test("whatever is written is compiled or refused, and whatever is compiled has a value or an error", () => {
  const part = fc.constantFrom(
    ...["self", "numbers", "word", "1", "1.5", "'a'", "[", "]", "(", ")", "{", "}", ".", ",", ":"],
    ...["?", "+", "-", "in", "==", "&&", "||", "!", "size", "all", "x", "has", "n", "null", "2u"],
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
      expect(["string", "number", "boolean", "object"]).toContain(typeof outcome(parts.join(" ")));
    }),
    { numRuns: 1000 },
  );
});

test("every function has a value or an error for whatever fits it, and nothing else", () => {
  const samples: Readonly<Record<string, readonly string[]>> = {
    int: ["0", "-1", "9223372036854775807", "5"],
    uint: ["0u", "18446744073709551615u"],
    double: ["0.0", "-1.5", "1e308", "double('NaN')"],
    string: [
      "''",
      "'a'",
      "'%d %.101f'",
      "'10.0.0.1/8'",
      "'1h'",
      "'2020-01-01T00:00:00Z'",
      "'(?=x'",
    ],
    bool: ["true"],
    bytes: ["b'\\xff'"],
    timestamp: ["timestamp('9999-12-31T23:59:59Z')"],
    duration: ["duration('-2562047h')"],
    quantity: ["quantity('9e18')"],
    ip: ["ip('::1')"],
    cidr: ["cidr('10.0.0.0/8')"],
    url: ["url('http://[::1]/%41?a=b')"],
    semver: ["semver('1.2.3')"],
    format: ["format.uuid()"],
    type: ["int"],
    null: ["null"],
    dyn: ["dyn(1)", "dyn('a')"],
  };
  const sampleOf = (type: CelType): readonly string[] => {
    if (type.is === "list") return ["[]", ...sampleOf(type.of).map((one) => `[${one}, ${one}]`)];
    if (type.is === "map") return ["{'a': ['b']}"];
    if (type.is === "optional")
      return ["optional.none()", ...sampleOf(type.of).map((one) => `optional.of(${one})`)];
    return samples[type.is] ?? samples["dyn"] ?? [];
  };
  for (const { name, receiver, parameters } of KUBERNETES_LIBRARY)
    for (let round = 0; round < 12; round += 1) {
      const args = parameters.map((type, index) => {
        const all = sampleOf(type);
        return all[(round + index * 3) % all.length] ?? "null";
      });
      const [first = "", ...rest] = args;
      const source =
        receiver === undefined
          ? `${name.replace("_", ".")}(${args.join(", ")})`
          : `(${first}).${name}(${rest.join(", ")})`;
      expect(["string", "number", "boolean", "object"]).toContain(typeof outcome(source));
    }
});

test.each([
  ["nested", `${"(".repeat(49_000)}1${")".repeat(49_000)}`],
  ["denied", `${"!(".repeat(30_000)}true${")".repeat(30_000)}`],
  ["added", `1${"+1".repeat(40_000)}`],
  ["selected", `self${".a".repeat(40_000)}`],
])("an expression that is %s too deeply ends in a word, not in a crash", (_, source) => {
  expect(String(outcome(source))).toMatch(/recursion (?:depth|limit) exceeded/);
});

/** Observed on k8s.io/apiserver 0.36.4. */
test.each([
  ['"%s %d".format([1])', "ERROR: <input>:1:15: index 1 out of range"],
  [
    '"%d".format(["a"])',
    "ERROR: <input>:1:14: error during formatting: decimal clause can only be used on integers, was given string",
  ],
  [
    '"%q".format([1])',
    'ERROR: <input>:1:12: could not parse formatting clause: unrecognized formatting clause "q"',
  ],
  ['"%".format([1])', "ERROR: <input>:1:11: unexpected end of string"],
  [
    '"%.f".format([1.5])',
    'ERROR: <input>:1:13: could not parse formatting clause: error while parsing precision: error while converting precision to integer: strconv.Atoi: parsing "": invalid syntax',
  ],
  [
    '"%s".format([numbers, word])',
    "ERROR: <input>:1:12: too many arguments supplied to string.format (expected 1, got 2)",
  ],
  [
    '"%x".format([1.5])',
    "ERROR: <input>:1:14: error during formatting: only integers, byte buffers, and strings can be formatted as hex, was given double",
  ],
  [
    '"%d".format([numbers])',
    "ERROR: <input>:1:14: error during formatting: decimal clause can only be used on integers, was given list",
  ],
])("%s is refused before it is evaluated", (source, message) => {
  const compile = () => environment.compile(source, { variables: VARIABLES });
  expect(compile).toThrow(`${message}\n`);
});

test("what is not known before it is evaluated may be formatted", () => {
  expect(evaluate('"%d%% of %s".format([self.n, numbers])')).toBe("1% of [3, 1, 2]");
});

test("what is made of itself again and again takes neither time nor memory", () => {
  const doubled = (link: string) => `[[1]]${`.map(x, ${link})`.repeat(60)}`;
  expect(evaluate(`${doubled("[x, x]")} == ${doubled("[x, x]")}`)).toBe(true);
  expect(() => evaluate(doubled("x + x"))).toThrow(CelCostError);
  expect(() => evaluate(`${doubled("[x, x]")}.flatten(60)`)).toThrow(CelCostError);
  expect(() => evaluate(`'%s'.format([${doubled("[x, x]")}])`)).toThrow(CelCostError);
});

// Observed on k8s.io/apiserver 0.36.0: what `Env.Program` says.
test.each([
  ["int('a')", "type conversion error from 'string' to 'int'"],
  ["double('1e999') > 1.0", "type conversion error from 'string' to 'double'"],
  ["uint(-1) == 1u", "unsigned integer overflow"],
  ["uint(2.5e30) == 1u", "unsigned integer overflow"],
  ["int(1e99)", "integer overflow"],
  ["false ? int(int('a')) : 1", "type conversion error from 'string' to 'int'"],
  ["numbers.map(x, bool('q'))", "type conversion error from 'string' to 'bool'"],
  ["int(dyn(null))", "no such overload: int(null_type)"],
  ["matches(word, '(')", "error parsing regexp: missing closing ): `(`"],
  ["word.find(dyn('(')) == ''", "error parsing regexp: missing closing ): `(`"],
  ["word.matches('a' + '(')", undefined],
  ["int(word)", undefined],
])("of %s no program is made because of %p", (source, obstacle) => {
  expect(environment.compile(source, { variables: VARIABLES }).obstacle).toBe(obstacle);
});
