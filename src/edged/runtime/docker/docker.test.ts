import { expect, test } from "bun:test";
import { type Frame, frames } from "./frames.ts";
import { pauseImageArchive } from "./pause-image.ts";

test("pauseImageArchive() gives the same bytes every time", async () => {
  const [one, two] = await Promise.all([
    pauseImageArchive("pause:1", "arm64"),
    pauseImageArchive("pause:1", "arm64"),
  ]);
  expect(Buffer.from(one).equals(Buffer.from(two))).toBe(true);
});

test("frames() finds the pieces however the connection cuts them", async () => {
  const encode = (stream: number, text: string) => {
    const header = Buffer.alloc(8);
    header[0] = stream;
    header.writeUInt32BE(Buffer.byteLength(text), 4);
    return Buffer.concat([header, Buffer.from(text)]);
  };
  const whole = Buffer.concat([
    encode(1, "out"),
    encode(2, ""),
    encode(2, "error"),
    encode(1, "!"),
  ]);
  for (const size of [1, 3, 8, 9, whole.length]) {
    async function* cut() {
      for (let at = 0; at < whole.length; at += size) yield whole.subarray(at, at + size);
    }
    const seen: Record<Frame["stream"], string> = { stdout: "", stderr: "" };
    for await (const { stream, bytes } of frames(cut()))
      seen[stream] += Buffer.from(bytes).toString();
    expect(seen).toEqual({ stdout: "out!", stderr: "error" });
  }
});
