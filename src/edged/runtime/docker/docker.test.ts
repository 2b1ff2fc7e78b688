import { afterAll, describe, expect, test } from "bun:test";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "#test/kit/eventually.ts";
import { type Frame, frames } from "./frames.ts";
import { pauseImageArchive } from "./pause-image.ts";
import { pauseProgram } from "./pause-program.ts";

const directory = await mkdtemp(join(tmpdir(), "pause-"));
afterAll(() => rm(directory, { recursive: true, force: true }));

describe("pauseProgram()", () => {
  test.skipIf(process.arch !== "x64")("waits, and ends well on SIGTERM and SIGINT", async () => {
    const path = join(directory, "pause");
    await writeFile(path, pauseProgram("x64"), { mode: 0o755 });
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      const child = Bun.spawn([path]);
      await eventually(async () => {
        const call = await readFile(`/proc/${child.pid}/syscall`, "utf8");
        return call.startsWith("128 "); // rt_sigtimedwait
      });
      child.kill("SIGCHLD"); // nothing to reap: it goes on waiting
      child.kill(signal);
      expect(await child.exited).toBe(0);
    }
  });

  test("fits in a few hundred bytes for both processors", () => {
    expect(pauseProgram("x64").length).toBeLessThan(256);
    expect(pauseProgram("arm64").length).toBeLessThan(300);
    expect(new DataView(pauseProgram("arm64").buffer).getUint16(18, true)).toBe(183);
  });
});

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
