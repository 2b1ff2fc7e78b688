import { expect, test } from "bun:test";
import fc from "fast-check";
import { CelCompileError } from "../compile-error.ts";
import { parse } from "../parser.ts";
import { SyntaxExplainer } from "./explain.ts";

const SYNTAX = new SyntaxExplainer();

/** What cel-go 0.26.0 says in the environment of k8s.io/apiserver 0.36.0. */
const golden: { readonly cases: readonly (readonly [string, string])[] } = await Bun.file(
  `${import.meta.dir}/syntax-errors.golden.json`,
).json();

test.each(golden.cases)("%j is refused as cel-go refuses it", (source, message) => {
  expect(() => parse(source, SYNTAX)).toThrow(new CelCompileError(source, SYNTAX.explain(source)));
  expect(new CelCompileError(source, SYNTAX.explain(source)).message).toBe(message);
});

test("the quick parser refuses what there is something to say of, and nothing else", () => {
  const piece = fc.constantFrom(
    ...["a", "has", "all", "x", "1", "2u", "1.5", "'s'", "b'y'", "true", "null", "if", "in", "`q`"],
    ...[
      "+",
      "-",
      "*",
      "!",
      "?",
      ":",
      ".",
      ",",
      "&&",
      "||",
      "==",
      "<",
      "(",
      ")",
      "[",
      "]",
      "{",
      "}",
    ],
    ...[" ", "\n", "#", "'", '"', "é"],
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 9 }), (pieces) => {
      const source = pieces.join("");
      const isRefused = SYNTAX.explain(source).length > 0;
      if (isRefused) expect(() => parse(source, SYNTAX)).toThrow(CelCompileError);
      else expect(() => parse(source, SYNTAX)).not.toThrow();
    }),
    { numRuns: 1500 },
  );
});

test.each([
  [`${"(".repeat(251)}1`, "expression recursion limit exceeded: 250"],
  [`${"1 + (".repeat(126)}1${")".repeat(126)}`, "expression recursion limit exceeded: 250"],
  [`a${".b".repeat(251)}`, "max recursion depth exceeded"],
  [" ".repeat(100_001), "expression code point size exceeds limit: size: 100001, limit 100000"],
])("what is too deep or too long is not read at all", (source, problem) => {
  expect(() => parse(source, SYNTAX)).toThrow(`ERROR: <input>:-1:0: ${problem}`);
});

test("of a text that is too long to be explained it is said where another parser gave up", () => {
  const long = `[${"a, ".repeat(20_000)}`;
  const at = long.length + 2;
  expect(() => parse(`${long}b c]`, SYNTAX)).toThrow(
    `ERROR: <input>:1:${at + 1}: Syntax error: something is wrong here or before; the expression is too long to say what`,
  );
  expect(() => parse(`[b c, ${long.slice(1)}b]`, SYNTAX)).toThrow(
    "ERROR: <input>:1:4: Syntax error: extraneous input 'c' expecting {']', ','}",
  );
  expect(() => parse(`${long}$]`, SYNTAX)).toThrow(
    new CelCompileError(`${long}$]`, [
      { problem: "Syntax error: token recognition error at: '$'", at: long.length },
    ]),
  );
});
