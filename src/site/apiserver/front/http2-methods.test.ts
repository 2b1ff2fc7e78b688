import { expect, test } from "bun:test";
import fc from "fast-check";
import { Http2Methods } from "./http2-methods.ts";

const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

function frame(type: number, payload: Uint8Array, flags = 4): Buffer {
  const head = Buffer.from([0, 0, 0, type, flags, 0, 0, 0, 1]);
  head.writeUIntBE(payload.length, 0, 3);
  return Buffer.concat([head, payload]);
}

/** `:method` as literal with indexing, then `:scheme: https` and `:path: /`. */
const headers = (method: Uint8Array, prefix: readonly number[] = [], flags = 4): Buffer =>
  frame(1, Buffer.from([...prefix, 0x42, ...method, 0x87, 0x84]), flags);
const plain = (method: string): Buffer => Buffer.from([method.length, ...Buffer.from(method)]);
const coded = (hex: string): Buffer => {
  const bytes = Buffer.from(hex, "hex");
  return Buffer.from([0x80 + bytes.length, ...bytes]);
};

const pass = (...frames: Buffer[]): Buffer =>
  new Http2Methods().pass(Buffer.concat([PREFACE, ...frames])).subarray(PREFACE.length);

test.each([
  ["plain", headers(plain("BREW")), headers(plain("LOCK"))],
  ["in Huffman's code", headers(coded("bbb7072f")), headers(plain("LOCK"))],
  ["padded", headers(plain("BREW"), [0], 12), headers(plain("LOCK"), [0], 12)],
  [
    "with a priority",
    headers(plain("BREW"), [0, 0, 0, 0, 9], 36),
    headers(plain("LOCK"), [0, 0, 0, 0, 9], 36),
  ],
  [
    "after a new table size",
    headers(plain("BREW"), [0x3f, 0xe1, 0x1f]),
    headers(plain("LOCK"), [0x3f, 0xe1, 0x1f]),
  ],
  [
    "after another field",
    headers(plain("BREW"), [0x87, 0x41, 1, 0x78]),
    headers(plain("LOCK"), [0x87, 0x41, 1, 0x78]),
  ],
])("an unknown method is replaced %s", (_, sent, expected) => {
  expect(pass(sent)).toEqual(expected);
});

test("streams that the client begins and gives up are told, however they arrive", () => {
  const ended: number[] = [];
  const begun: number[] = [];
  const methods = new Http2Methods({
    requested: (stream) => begun.push(stream),
    gaveUp: (stream) => ended.push(stream),
  });
  const reset = frame(3, Buffer.alloc(4));
  for (const byte of Buffer.concat([
    PREFACE,
    frame(0, reset),
    reset,
    headers(plain("GET")),
    reset,
  ])) {
    methods.pass(Buffer.of(byte));
  }
  expect([begun, ended]).toEqual([[1], [1, 1]]);
});

test("what is known, or has no stand-in, or is no method, stays", () => {
  const frames = [
    headers(plain("PATCH")),
    headers(coded("d787bb9e")),
    headers(plain("X")),
    headers(plain("M".repeat(40))),
    frame(0, Buffer.from("BREW")),
    frame(1, Buffer.from([0x82, 0x87, 0x84])),
    frame(1, Buffer.from([0x40, 1, 0x78, 4, ...Buffer.from("BREW")])),
    frame(1, Buffer.from([0x42, 0x7f])),
    frame(4, new Uint8Array()),
  ];
  expect(pass(...frames)).toEqual(Buffer.concat(frames));
});

test("whatever pieces the bytes come in, the same goes on", () => {
  const frames = [
    headers(plain("BREW")),
    frame(0, Buffer.alloc(300)),
    headers(plain("PATCH")),
    headers(plain("COPYCOPY")),
  ];
  const bytes = Buffer.concat([PREFACE, ...frames, frame(0, Buffer.alloc(70_000))]);
  const expected = new Http2Methods().pass(bytes);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 500 }), { maxLength: 40 }), (cuts) => {
      const methods = new Http2Methods();
      const sorted = [...cuts, bytes.length].sort((a, b) => a - b);
      const pieces = sorted.map((cut, index) =>
        methods.pass(bytes.subarray(sorted[index - 1] ?? 0, cut)),
      );
      expect(Buffer.concat(pieces).equals(expected)).toBe(true);
    }),
  );
});
