import { expect, test } from "bun:test";
import type { CelValue } from "../values.ts";
import { actualCallCost } from "./actual-cost.ts";

const text = (length: number): string => "x".repeat(length);
const numbers = (count: number): bigint[] => Array.from({ length: count }, () => 1n);
const texts = (count: number, length: number): string[] =>
  Array.from({ length: count }, () => text(length));

// As cel-go's interpreter/runtimecost.go and Kubernetes' pkg/cel/library/cost.go count.
test.each<readonly [string, readonly CelValue[], number]>([
  ["size", [text(1000)], 1],
  ["_==_", [1n, 2n], 1],
  ["_==_", [text(100), text(41)], 5],
  ["_<_", [text(100), text(41)], 5],
  ["_<_", [1n, 2n], 1],
  ["_+_", [text(30), text(31)], 7],
  ["_+_", [numbers(30), numbers(31)], 1],
  ["_+_", [1n, 2n], 1],
  ["@in", [1n, numbers(30)], 30],
  [".contains", [text(100), text(11)], 20],
  [".matches", [text(99), text(9)], 30],
  [".lowerAscii", [text(55)], 6],
  [".split", [text(55), ","], 11],
  [".sum", [numbers(40)], 40],
  [".isSorted", [texts(4, 10)], 4],
  [".indexOf", [text(55), "a"], 5],
  ["sets_equivalent", [numbers(4), numbers(5)], 41],
  ["lists_range", [50n], 61],
  ["string", [new Uint8Array(55)], 6],
  ["string", [1n], 1],
])("%s of %p costs what it costs in Kubernetes", (name, values, cost) => {
  expect(actualCallCost(name, values)).toBe(cost);
});
