import { expect, test } from "bun:test";
import { AddressRange, firstAddress } from "./address-range.ts";

test("a range gives what it holds, once, and never its first two addresses unasked", () => {
  const range = new AddressRange("10.99.0.0/29");
  expect(
    ["10.98.255.255", "10.99.0.0", "10.99.0.1", "10.99.0.6"].map((one) => range.contains(one)),
  ).toEqual([false, false, true, true]);
  const given = Array.from({ length: 6 }, () => range.takeAny());
  expect(given.toSorted()).toEqual([
    "10.99.0.2",
    "10.99.0.3",
    "10.99.0.4",
    "10.99.0.5",
    "10.99.0.6",
    undefined,
  ]);
  range.release("10.99.0.4");
  expect(range.isTaken("10.99.0.4")).toBe(false);
  expect(range.takeAny()).toBe("10.99.0.4");
});

test("a range begins where its prefix says", () => {
  expect(firstAddress("10.43.7.9/16")).toBe("10.43.0.1");
  expect(() => new AddressRange("2001:db8::/64")).toThrow(RangeError);
});
