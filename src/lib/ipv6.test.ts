import { expect, test } from "bun:test";
import { addressAt6, maskBytes6, parseCidr6 } from "./ipv6.ts";

test("addresses of a network, as RFC 5952 writes them", () => {
  const network = parseCidr6("fd42:0:0:1::7:9/112");
  expect([0, 1, 0xffff].map((offset) => addressAt6(network, offset))).toEqual([
    "fd42::1:0:0:7:0",
    "fd42::1:0:0:7:1",
    "fd42::1:0:0:7:ffff",
  ]);
  expect(() => addressAt6(network, 0x10000)).toThrow(RangeError);
});

test("what is no IPv6 network is refused", () => {
  for (const text of ["10.42.0.0/24", "fd42::", "fd42::/129", "fd42::/x", "fd42::/64/64", "g::/64"])
    expect(() => parseCidr6(text)).toThrow(RangeError);
});

test("masks", () => {
  expect(Buffer.from(maskBytes6(0)).toString("hex")).toBe("0".repeat(32));
  expect(Buffer.from(maskBytes6(10)).toString("hex")).toBe(`ffc0${"0".repeat(28)}`);
  expect(Buffer.from(maskBytes6(128)).toString("hex")).toBe("f".repeat(32));
});
