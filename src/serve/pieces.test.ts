import { expect, test } from "bun:test";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { gzipStreamOf, piecesOf, streamOf } from "./pieces.ts";

const parts = fc.array(
  fc.tuple(fc.nat(255), fc.nat(200_000)).map(([byte, length]) => new Uint8Array(length).fill(byte)),
  { maxLength: 20 },
);
const bytesOf = async (stream: ReadableStream<Uint8Array>): Promise<Buffer> =>
  Buffer.from(await new Response(stream).arrayBuffer());

test("a body in pieces is the same body", async () => {
  await fc.assert(
    fc.asyncProperty(parts, async (given) => {
      const whole = Buffer.concat(given);
      expect((await bytesOf(streamOf(piecesOf(given)))).equals(whole)).toBe(true);
    }),
    { numRuns: 30 },
  );
});

test("pieces that are compressed each by itself are one gzip member", async () => {
  await fc.assert(
    fc.asyncProperty(parts, async (given) => {
      const zipped = await bytesOf(gzipStreamOf(piecesOf(given)));
      expect(gunzipSync(zipped).equals(Buffer.concat(given))).toBe(true);
    }),
    { numRuns: 30 },
  );
});

test("nothing is made that nobody reads", async () => {
  let made = 0;
  function* endless(): Generator<Uint8Array> {
    for (;;) {
      made += 1;
      yield new Uint8Array(300_000);
    }
  }
  for (const stream of [streamOf(piecesOf(endless())), gzipStreamOf(piecesOf(endless()))]) {
    made = 0;
    const reader = stream.getReader();
    await reader.read();
    await Bun.sleep(20);
    expect(made).toBeLessThan(10);
    await reader.cancel();
  }
});
