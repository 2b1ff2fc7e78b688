import { expect, test } from "bun:test";
import { AUTHORIZER_FUNCTIONS, AUTHORIZER_TYPE } from "./authorizer.ts";
import { CelCompileError } from "./compile-error.ts";
import { objectOf } from "./object-types.ts";
import { CelEnvironment } from "./program.ts";
import { BOOL, type CelType, DYN, INT, listOf, mapOf, STRING, typeName } from "./types.ts";

const INNER = objectOf("Inner", [
  ["name", STRING],
  ["count", INT],
  ["tags", listOf(STRING)],
  ["attrs", mapOf(STRING, STRING)],
  ["flag", BOOL],
]);
const SELF = objectOf("Self", [
  ["spec", INNER],
  ["items", listOf(INNER)],
  ["replicas", INT],
  ["any", DYN],
]);
const VARIABLES = new Map<string, CelType>([
  ["self", SELF],
  ["n", INT],
  ["u", { is: "uint" }],
  ["f", { is: "double" }],
  ["b", BOOL],
  ["s", STRING],
  ["by", { is: "bytes" }],
  ["l", listOf(INT)],
  ["ls", listOf(STRING)],
  ["ld", listOf(DYN)],
  ["m", mapOf(STRING, INT)],
  ["d", DYN],
  ["dur", { is: "duration" }],
  ["ts", { is: "timestamp" }],
  ["authorizer", AUTHORIZER_TYPE],
]);
const ENVIRONMENT = new CelEnvironment(AUTHORIZER_FUNCTIONS);

/** The type of an expression, or all that is wrong with it. */
function verdict(source: string): string {
  try {
    return typeName(ENVIRONMENT.compile(source, { variables: VARIABLES }).type);
  } catch (error) {
    if (error instanceof CelCompileError) return error.message;
    throw error;
  }
}

/** What cel-go 0.26.0 says in the environment of k8s.io/apiserver 0.36.0. */
const golden: { readonly cases: readonly (readonly [string, string])[] } = await Bun.file(
  `${import.meta.dir}/type-errors.golden.json`,
).json();

test.each(golden.cases)(
  "%j has the type, or the faults, that it has in cel-go",
  (source, found) => {
    expect(verdict(source)).toBe(found);
  },
);

test.each(["optional.of(1)|.optMap(x, x)", "[1]|.map(x, {x: x})", "[]|.map(x, {x: x})"])(
  "%s: what means twice as much with each link is refused where it is too much",
  (chain) => {
    const [first = "", link = ""] = chain.split("|");
    expect(verdict(first + link.repeat(6))).not.toContain("ERROR");
    expect(verdict(first + link.repeat(60))).toMatch(
      /^ERROR: <input>:1:\d+: expression is too complex\n/,
    );
  },
);
