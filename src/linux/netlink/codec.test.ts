import { expect, test } from "bun:test";
import {
  be32,
  bytes,
  listAttributes,
  nested,
  parseAttributes,
  text,
  textOf,
  u32,
} from "./attributes.ts";
import { CREATE, DUMP, EXCLUSIVE, encodeRequest, parseMessages, verdictOf } from "./message.ts";

test("attributes have length, type, value and padding to four bytes", () => {
  expect(text(3, "lo").toString("hex")).toBe("0700" + "0300" + "6c6f00" + "00");
  expect(u32(4, 1500).toString("hex")).toBe("0800" + "0400" + "dc050000");
  expect(be32(2, 1).toString("hex")).toBe("0800" + "0200" + "00000001");
  expect(nested(18, [bytes(1, Uint8Array.of(7))]).toString("hex")).toBe(
    "0c00" + "1280" + "0500" + "0100" + "07000000",
  );
});

test("attributes are read back, and what is cut off ends the list", () => {
  const data = Buffer.concat([text(3, "edge0"), u32(4, 1500), text(3, "again")]);
  expect(listAttributes(data).map(([type]) => type)).toEqual([3, 4, 3]);
  expect(textOf(parseAttributes(data).get(3))).toBe("again");
  expect(listAttributes(data.subarray(0, data.length - 4))).toHaveLength(2);
  expect(listAttributes(Buffer.from([0, 0, 1, 0]))).toEqual([]);
});

test("a request carries its flags; a dump asks for no acknowledgement", () => {
  const body = Buffer.from([1, 2, 3, 4]);
  const request = { type: 16, flags: CREATE | EXCLUSIVE, body, what: "test" };
  expect(encodeRequest(request, 9).toString("hex")).toBe(
    "14000000" + "1000" + "0506" + "09000000" + "00000000" + "01020304",
  );
  expect(encodeRequest({ ...request, flags: DUMP }, 9).readUInt16LE(6)).toBe(0x301);
});

test("a refusal brings errno and the kernel's words", () => {
  const header = Buffer.alloc(16);
  const detail = text(1, "Unknown device type");
  const body = Buffer.concat([Buffer.from([0xa1, 0xff, 0xff, 0xff]), header, detail]);
  const message = encodeRequest(
    { type: 2, flags: 0x200, body, what: "test", acknowledge: false },
    1,
  );
  const [parsed] = parseMessages(message);
  expect(parsed && verdictOf(parsed)).toEqual({ errno: 95, detail: "Unknown device type" });
});
