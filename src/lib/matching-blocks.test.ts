import { expect, test } from "bun:test";
import fc from "fast-check";
import { matchingBlocks } from "./matching-blocks.ts";

test("the longest common part comes first, and the first of equally long ones", () => {
  expect(matchingBlocks([..."abxcd"], [..."abcd"])).toEqual([
    { before: 0, after: 0, size: 2 },
    { before: 3, after: 2, size: 2 },
  ]);
  // Not "b" to "b" beside "ab", though that would be as much.
  expect(matchingBlocks([..."ab"], [..."acab"])).toEqual([{ before: 0, after: 2, size: 2 }]);
  expect(matchingBlocks([..."aa"], [..."a"])).toEqual([{ before: 0, after: 0, size: 1 }]);
  expect(matchingBlocks([], [..."a"])).toEqual([]);
});

test("what is common in a long sequence starts no match, and is part of one", () => {
  const common = Array<string>(200).fill("}");
  expect(matchingBlocks(["x", ...common], ["y", ...common])).toEqual([]);
  expect(matchingBlocks(["x", "}", "z"], ["y", ...common, "z"])).toEqual([
    { before: 1, after: 200, size: 2 },
  ]);
});

test("for all sequences: blocks are the same in both, in order, and never touch", () => {
  const sequence = fc.array(fc.constantFrom(..."abcd"), { maxLength: 30 });
  fc.assert(
    fc.property(sequence, sequence, (before, after) => {
      let end = { before: -1, after: -1 };
      for (const { before: old, after: now, size } of matchingBlocks(before, after)) {
        expect(size).toBeGreaterThan(0);
        expect(old > end.before || now > end.after).toBe(true);
        expect(old >= end.before && now >= end.after).toBe(true);
        expect(before.slice(old, old + size)).toEqual(after.slice(now, now + size));
        end = { before: old + size, after: now + size };
      }
    }),
  );
});

test("two long sequences with as many blocks take a bounded time, and are put together all the same", () => {
  const sequence = (other: string) =>
    Array.from({ length: 100_000 }, (_, index) =>
      index % 2 === 0 ? `${index}` : `${other}${index}`,
    );
  const blocks = matchingBlocks(sequence("a"), sequence("b"));
  expect(blocks.length).toBeGreaterThan(10);
  expect(blocks.length).toBeLessThan(50_000);
  expect(blocks.every(({ before, after }) => before === after)).toBe(true);
});
