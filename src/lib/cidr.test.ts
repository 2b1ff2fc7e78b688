import { expect, test } from "bun:test";
import {
  addressAt,
  contains,
  formatCidr,
  formatIPv4,
  ipv4Bytes,
  overlaps,
  parseCidr,
  parseIPv4,
  sizeOf,
  tryParseIPv4,
} from "./cidr.ts";

test("an address survives the way to a number and back", () => {
  for (const text of ["0.0.0.0", "10.42.0.1", "169.254.96.16", "255.255.255.255"]) {
    expect(formatIPv4(parseIPv4(text))).toBe(text);
  }
  expect(ipv4Bytes("10.42.0.1")).toEqual(new Uint8Array([10, 42, 0, 1]));
});

test("what is not an IPv4 address is refused", () => {
  for (const text of [
    "",
    "1.2.3",
    "1.2.3.4.5",
    "1.2.3.256",
    "01.2.3.4",
    "a.b.c.d",
    "::1",
    "1.2.3.-4",
  ]) {
    expect(tryParseIPv4(text)).toBeUndefined();
    expect(() => parseIPv4(text)).toThrow(RangeError);
  }
});

test("a network clears the bits behind its prefix", () => {
  expect(formatCidr(parseCidr("10.42.0.77/24"))).toBe("10.42.0.0/24");
  expect(formatCidr(parseCidr("1.2.3.4/0"))).toBe("0.0.0.0/0");
  expect(sizeOf(parseCidr("10.43.0.0/16"))).toBe(65_536);
  for (const text of ["10.42.0.0", "10.42.0.0/33", "10.42.0.0/24/1", "10.42.0.0/x"]) {
    expect(() => parseCidr(text)).toThrow(RangeError);
  }
});

test("networks overlap when one holds the other", () => {
  const wide = parseCidr("10.0.0.0/8");
  const narrow = parseCidr("10.42.0.0/24");
  expect(overlaps(wide, narrow)).toBe(true);
  expect(overlaps(narrow, wide)).toBe(true);
  expect(overlaps(narrow, parseCidr("10.42.1.0/24"))).toBe(false);
  expect(contains(narrow, parseIPv4("10.42.0.255"))).toBe(true);
  expect(contains(narrow, parseIPv4("10.42.1.0"))).toBe(false);
});

test("addresses are counted from the first one", () => {
  expect(addressAt(parseCidr("10.42.0.0/24"), 1)).toBe("10.42.0.1");
  expect(() => addressAt(parseCidr("10.42.0.0/24"), 256)).toThrow(RangeError);
});
