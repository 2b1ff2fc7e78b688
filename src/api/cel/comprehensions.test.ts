import { expect, test } from "bun:test";
import { Budget } from "./budget.ts";
import { CelEnvironment } from "./program.ts";
import { INT, mapOf } from "./types.ts";
import type { CelMap } from "./values.ts";

test.each([
  ["m.exists(k, v, v == 2)", 3],
  ["m.all(k, v, v < 3)", 4],
  ["m.exists(k, true)", 0],
  ["m.existsOne(k, v, v == 2)", 1000],
])("%s looks at %d of 1000 entries", (source, needed) => {
  let looks = 0;
  const map: CelMap = {
    isMap: true,
    size: 1000,
    get: (key) => {
      looks += 1;
      return key;
    },
    keys: () => Array.from({ length: 1000 }, (_, index) => BigInt(index + 1)),
  };
  const variables = new Map([["m", mapOf(INT, INT)]]);
  const program = new CelEnvironment().compile(source, { variables });
  program.evaluate(new Map([["m", map]]), new Budget(100_000));
  expect(looks).toBe(needed);
});
