import { expect, test } from "bun:test";
import { NumberSet } from "./number-set.ts";

test("a number is taken once until it is released", () => {
  const set = new NumberSet(10);
  expect(set.take(3)).toBe(true);
  expect(set.take(3)).toBe(false);
  set.release(3);
  expect(set.take(3)).toBe(true);
  expect(set.take(10)).toBe(false);
  expect(set.take(Number.NaN)).toBe(false);
});

test("any number is one from above the reserved ones as long as there are such", () => {
  const set = new NumberSet(10);
  const taken = Array.from({ length: 10 }, () => set.takeAny(4));
  expect(taken.slice(0, 6).toSorted()).toEqual([4, 5, 6, 7, 8, 9]);
  expect(taken.slice(6).toSorted()).toEqual([0, 1, 2, 3]);
  expect(set.takeAny(4)).toBeUndefined();
});
