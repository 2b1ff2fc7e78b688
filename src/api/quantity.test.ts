import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { byteValue, canonicalQuantity, milliValue, Quantity } from "./quantity.ts";

describe("canonical form", () => {
  test.each([
    ["0", "0"],
    ["0.5", "500m"],
    ["1.5", "1500m"],
    ["1", "1"],
    ["100m", "100m"],
    ["1000m", "1"],
    ["1000", "1k"],
    ["1500", "1500"],
    ["1024", "1024"],
    ["1024Mi", "1Gi"],
    ["1536Mi", "1536Mi"],
    ["1.5Gi", "1536Mi"],
    ["0.5Gi", "512Mi"],
    ["0.5Mi", "512Ki"],
    ["0.5Ki", "512"],
    ["0.0001Ki", "102400u"],
    ["128M", "128M"],
    ["1e3", "1e3"],
    ["1E3", "1e3"],
    ["12e4", "120e3"],
    ["1E", "1E"],
    ["5e0", "5"],
    [".5", "500m"],
    ["5.", "5"],
    ["+5", "5"],
    ["-1.5", "-1500m"],
    ["1n", "1n"],
    ["0.1n", "1n"],
    ["1000000000000000000000", "9223372036854775807"],
  ])("%s prints as %s", (text, canonical) => {
    expect(Quantity.parse(text).toString()).toBe(canonical);
  });

  test("numbers of YAML are quantities", () => {
    expect(canonicalQuantity(2)).toBe("2");
    expect(canonicalQuantity(0.25)).toBe("250m");
  });

  test.each(["", "1.2.3", "a", "1 Gi", "1KI", "1ki", "--1", "1e", "0x10", "Mi", "1e99999999"])(
    "%p is no quantity",
    (text) => {
      expect(Quantity.tryParse(text)).toBeUndefined();
      expect(canonicalQuantity(text)).toBe(text);
      expect(() => Quantity.parse(text)).toThrow("quantities must match the regular expression");
    },
  );
});

test("values round away from zero", () => {
  expect(milliValue("0.0001")).toBe(1);
  expect(milliValue("250m")).toBe(250);
  expect(byteValue("1.1")).toBe(2);
  expect(byteValue("64Mi")).toBe(67_108_864);
  expect(byteValue(undefined)).toBe(0);
  expect(Quantity.parse("-0.5").value).toBe(-1n);
});

const quantities = fc
  .tuple(
    fc.integer({ min: -1_000_000, max: 1_000_000 }),
    fc.integer({ min: 0, max: 999 }),
    fc.constantFrom("", "m", "k", "M", "G", "Ki", "Mi", "Gi", "e3", "e-3"),
  )
  .map(([whole, fraction, suffix]) => `${whole}.${fraction}${suffix}`);

describe("for all quantities", () => {
  test("the canonical form is the same amount and canonical itself", () => {
    fc.assert(
      fc.property(quantities, (text) => {
        const quantity = Quantity.parse(text);
        const again = Quantity.parse(quantity.toString());
        expect(again.compare(quantity)).toBe(0);
        expect(again.toString()).toBe(quantity.toString());
        expect(quantity.toString()).not.toContain(".");
      }),
    );
  });

  test("order is total and agrees with difference", () => {
    fc.assert(
      fc.property(quantities, quantities, (left, right) => {
        const [a, b] = [Quantity.parse(left), Quantity.parse(right)];
        expect(a.compare(b) + b.compare(a)).toBe(0);
        expect(a.minus(b).compare(Quantity.zero)).toBe(a.compare(b));
        expect(a.minus(b).plus(b).compare(a)).toBe(0);
      }),
    );
  });
});
