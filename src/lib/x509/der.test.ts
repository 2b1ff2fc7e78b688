import { describe, expect, test } from "bun:test";
import { createPublicKey, generateKeyPairSync } from "node:crypto";
import fc from "fast-check";
import {
  bitString,
  boolean,
  integer,
  objectIdentifier,
  sequence,
  setOf,
  tagged,
  time,
} from "./der.ts";
import { ipBytes } from "./ip-bytes.ts";

const hex = (bytes: Uint8Array = new Uint8Array()): string => Buffer.from(bytes).toString("hex");

describe("DER", () => {
  test("writes what X.690 and RFC 5280 show", () => {
    expect(hex(boolean(true))).toBe("0101ff");
    expect(hex(integer(Buffer.from([0])))).toBe("020100");
    expect(hex(integer(Buffer.from([0, 0, 1])))).toBe("020101");
    expect(hex(integer(Buffer.from([0x80])))).toBe("02020080");
    expect(hex(bitString(Buffer.from([0x86]), 1))).toBe("03020186");
    expect(hex(objectIdentifier("1.2.840.113549"))).toBe("06062a864886f70d");
    expect(hex(time(new Date("1970-01-01T00:00:00Z")))).toBe(
      `170d${hex(Buffer.from("700101000000Z"))}`,
    );
    expect(hex(time(new Date("2050-01-01T00:00:00Z")))).toBe(
      `180f${hex(Buffer.from("20500101000000Z"))}`,
    );
    expect(hex(setOf(boolean(true), boolean(false)))).toBe("31060101000101ff");
  });

  test("writes lengths in the shortest form", () => {
    const content = (length: number): string =>
      hex(tagged(0x04, Buffer.alloc(length)).subarray(0, 5));
    expect(content(127)).toStartWith("047f00");
    expect(content(128)).toStartWith("04818000");
    expect(content(256)).toStartWith("04820100");
    expect(content(70_000)).toBe("0483011170");
  });

  test("writes a key's description as OpenSSL does", () => {
    const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const spki = publicKey.export({ type: "spki", format: "der" });
    const algorithm = sequence(
      objectIdentifier("1.2.840.10045.2.1"),
      objectIdentifier("1.2.840.10045.3.1.7"),
    );
    const ours = sequence(algorithm, bitString(spki.subarray(-65)));
    expect(createPublicKey({ key: ours, type: "spki", format: "der" }).equals(publicKey)).toBe(
      true,
    );
  });
});

describe("bytes of IP addresses", () => {
  test("are those of any way to write them", () => {
    expect(hex(ipBytes("10.42.0.1"))).toBe("0a2a0001");
    expect(hex(ipBytes("::"))).toBe("0".repeat(32));
    expect(hex(ipBytes("fe80::1:2"))).toBe("fe80000000000000000000000001" + "0002");
    expect(hex(ipBytes("1:2:3:4:5:6:7:8"))).toBe("00010002000300040005000600070008");
    expect(hex(ipBytes("::ffff:10.0.0.1"))).toBe("00000000000000000000ffff0a000001");
    fc.assert(
      fc.property(fc.ipV6(), (address) => {
        fc.pre(URL.canParse(`http://[${address}]`));
        const canonical = (text: string): string => new URL(`http://[${text}]`).hostname;
        const bytes = hex(ipBytes(address));
        expect(canonical(bytes.replaceAll(/.{4}(?!$)/g, "$&:"))).toBe(canonical(address));
      }),
    );
  });

  test("do not exist for what is no address", () => {
    for (const text of ["localhost", "1.2.3", "fe80::1%eth0", "", "::g"]) {
      expect(ipBytes(text)).toBeUndefined();
    }
  });
});
