import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Frame } from "./frame.ts";
import { FrameReader } from "./frame-reader.ts";
import { encodeFrame } from "./frame-writer.ts";
import { SpdyError } from "./spdy-error.ts";

const id = fc.integer({ min: 1, max: 0x7fffffff });
const uint32 = fc.integer({ min: 0, max: 0xffffffff });
const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));

const frames = fc.array(
  fc.oneof(
    fc.record({ type: fc.constant("data" as const), streamId: id, bytes, fin: fc.boolean() }),
    fc.record({
      type: fc.constantFrom("synStream" as const, "synReply" as const, "headers" as const),
      streamId: id,
      block: bytes,
      fin: fc.boolean(),
    }),
    fc.record({ type: fc.constant("rstStream" as const), streamId: id, status: uint32 }),
    fc.record({ type: fc.constant("ping" as const), id: uint32 }),
    fc.record({ type: fc.constant("goaway" as const), lastStreamId: id, status: uint32 }),
  ),
  { maxLength: 20 },
);

/** Data frames that arrive in pieces, put together again. */
function joined(pieces: readonly Frame[]): Frame[] {
  const whole: Frame[] = [];
  for (const piece of pieces) {
    const last = whole.at(-1);
    if (
      piece.type === "data" &&
      last?.type === "data" &&
      last.streamId === piece.streamId &&
      !last.fin
    ) {
      whole[whole.length - 1] = { ...piece, bytes: Buffer.concat([last.bytes, piece.bytes]) };
    } else whole.push(piece);
  }
  return whole;
}

describe("SPDY frames", () => {
  test("come out as they went in, however the bytes are cut", () => {
    fc.assert(
      fc.property(
        frames,
        fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }),
        (all, cuts) => {
          const wire = Buffer.concat(all.map(encodeFrame));
          const reader = new FrameReader();
          const read: Frame[] = [];
          for (let at = 0, turn = 0; at < wire.length; turn++) {
            const length = cuts[turn % cuts.length] ?? 1;
            read.push(...reader.push(wire.subarray(at, at + length)));
            at += length;
          }
          expect(joined(read)).toEqual(joined(all));
        },
      ),
    );
  });

  test("never make the reader throw anything but SpdyError", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 64 })), (chunks) => {
        const reader = new FrameReader();
        try {
          for (const chunk of chunks) Array.from(reader.push(chunk));
        } catch (error) {
          expect(error).toBeInstanceOf(SpdyError);
        }
      }),
    );
  });

  test("of another version are refused", () => {
    const reader = new FrameReader();
    expect(() => [...reader.push(Buffer.from("8002000600000004", "hex"))]).toThrow(
      "SPDY version 2",
    );
  });

  test("that control more than a connection can need are refused before they are read", () => {
    const reader = new FrameReader();
    expect(() => [...reader.push(Buffer.from("8003000100ffffff", "hex"))]).toThrow(SpdyError);
  });

  test("cut short inside are refused", () => {
    const reader = new FrameReader();
    expect(() => [...reader.push(Buffer.from("800300030000000400000001", "hex"))]).toThrow(
      "cut short",
    );
  });

  test("of unknown kinds are passed over", () => {
    const reader = new FrameReader();
    const settings = Buffer.from("800300040000000400000000", "hex");
    expect([...reader.push(settings)]).toEqual([{ type: "other", code: 4 }]);
  });
});
