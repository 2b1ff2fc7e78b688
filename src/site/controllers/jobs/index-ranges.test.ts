import { expect, test } from "bun:test";
import { IndexRanges } from "./index-ranges.ts";

const parse = (text: string, completions = 10) => IndexRanges.parse(text, completions);

test.each(["", "0", "0,1", "0-2", "0-2,5,7,8", "1,3-6,9"])("indexes are written as %p", (text) => {
  expect(parse(text).toString()).toBe(text);
});

test("ranges that touch are one, and what is beyond the last index is none", () => {
  expect(parse("5,0-1,2").toString()).toBe("0-2,5");
  expect(parse("1-5,8", 3).toString()).toBe("1,2");
  expect(IndexRanges.of([4, 2, 3, 9]).toString()).toBe("2-4,9");
});

test("they are added, taken away and counted", () => {
  expect(parse("0-2").plus(parse("2-4,9")).toString()).toBe("0-4,9");
  const left = parse("0-9").minus(parse("0,3-5,9"));
  expect([left.toString(), left.size]).toEqual(["1,2,6-8", 5]);
  expect([0, 3, 9].map((index) => parse("0-2,9").firstGap(index))).toEqual([3, 3, 10]);
});

test("they are taken away as from a set, whichever they are", () => {
  const sets = Array.from({ length: 2 ** 6 }, (_, bits) =>
    [0, 1, 2, 3, 4, 5].filter((index) => (bits >> index) % 2 === 1),
  );
  for (const all of sets) {
    for (const others of sets) {
      const left = all.filter((index) => !others.includes(index));
      expect(IndexRanges.of(all).minus(IndexRanges.of(others)).toString()).toBe(
        IndexRanges.of(left).toString(),
      );
    }
  }
});

test("a range costs what one index does", () => {
  const all = parse("0-2147483646", 2 ** 31 - 1);
  expect(all.size).toBe(2 ** 31 - 1);
  expect(all.minus(parse("7")).firstGap(8)).toBe(2 ** 31 - 1);
});
