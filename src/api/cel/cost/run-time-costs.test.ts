import { expect, test } from "bun:test";
import { Budget } from "../budget.ts";
import { CelEnvironment } from "../program.ts";
import { type CelType, DYN, INT, listOf, STRING } from "../types.ts";
import { type CelValue, LiteralMap } from "../values.ts";

const LIMIT = 1_000_000;
const ENVIRONMENT = new CelEnvironment();
const VARIABLES = new Map<string, CelType>([
  ["self", DYN],
  ["x", listOf(INT)],
  ["s", STRING],
]);
const BINDINGS = new Map<string, CelValue>([
  [
    "self",
    new LiteralMap([
      ["a", 1n],
      ["l", [1n, 2n, 3n]],
      ["s", "hello"],
    ]),
  ],
  ["x", [1n, 2n, 3n]],
  ["s", "hello"],
]);

/** Observed on k8s.io/apiserver 0.36.4 with cel-go 0.26.0, its own tests' expressions among them. */
const golden: readonly (readonly [string, number])[] = await Bun.file(
  `${import.meta.dir}/run-time-costs.golden.json`,
).json();

test.each(golden)("%s costs %d", (expression, cost) => {
  const program = ENVIRONMENT.compile(expression, { variables: VARIABLES });
  const budget = new Budget(LIMIT);
  program.evaluate(BINDINGS, budget);
  expect(LIMIT - budget.left).toBe(cost);
});
