import { expect, test } from "bun:test";
import { Budget } from "./budget.ts";
import { CelCostError } from "./errors.ts";

test("what is free ends as well when it takes too long", () => {
  let nowMs = 1_000;
  const budget = new Budget(1, { monotonicMs: () => nowMs });
  const manySteps = () => {
    for (let step = 0; step < 100; step += 1) budget.spend(0);
  };
  nowMs += 10_000;
  expect(manySteps).not.toThrow();
  nowMs += 1;
  expect(manySteps).toThrow(CelCostError);
});
