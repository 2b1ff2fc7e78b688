import { afterEach, beforeEach, expect, test } from "bun:test";
import { appendFileSync, existsSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LogOptions } from "../../types.ts";
import { LogFiles } from "./log-files.ts";
import { openLog } from "./read-log.ts";

let directory: string;
let life: AbortController;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "edgesite-log-"));
  life = new AbortController();
});
afterEach(() => {
  life.abort();
  rmSync(directory, { recursive: true });
});

function frame(text: string, { ms = 1000, stderr = false } = {}): Buffer {
  const body = Buffer.from(text);
  const header = Buffer.alloc(16);
  header.writeBigUInt64LE(BigInt(ms) * 1_000_000n + 7n, 0);
  header.writeUInt32LE(body.length, 8);
  header[12] = stderr ? 2 : 1;
  return Buffer.concat([header, body]);
}

const write = (...frames: readonly Buffer[]): void =>
  appendFileSync(join(directory, "log"), Buffer.concat(frames));
const rotate = (): void => renameSync(join(directory, "log"), join(directory, "log.1"));
const read = (options: LogOptions, ended: Promise<unknown> = Promise.resolve()) =>
  openLog({ log: new LogFiles(directory), ended }, options, life.signal);

async function text(pieces: AsyncIterable<Uint8Array>): Promise<string> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  return Buffer.concat(all).toString();
}
const plain = { follow: false, timestamps: false };

test("a log is read over its files, the oldest first", async () => {
  write(frame("one\n"), frame("two\n", { stderr: true }));
  rotate();
  write(frame("three\n"));
  expect(await text(read(plain))).toBe("one\ntwo\nthree\n");
});

test("who does not follow comes to an end, however fast the container writes", async () => {
  const inTime = "written in time\n";
  write(frame(inTime));
  const rotateAll = (): void => {
    for (const n of [3, 2, 1]) {
      const file = join(directory, `log.${n}`);
      if (existsSync(file)) renameSync(file, join(directory, `log.${n + 1}`));
    }
    rotate();
    write(frame("later\n"));
  };
  for (const options of [plain, { ...plain, tailLines: 1 }]) {
    let seen = "";
    for await (const piece of read(options)) {
      seen += Buffer.from(piece).toString();
      for (let turn = 0; turn < 6; turn += 1) rotateAll();
    }
    expect(seen).toBe(options === plain ? inTime : "later\n");
  }
});

test("nothing was written: the log is empty", async () => {
  expect(await text(read(plain))).toBe("");
});

test("the last lines are lines of both outputs, and an unfinished one counts", async () => {
  write(frame("a\nb\nc"), frame("err\n", { stderr: true }), frame("d\ne"));
  const tail = (tailLines: number) => text(read({ ...plain, tailLines }));
  expect(await tail(1)).toBe("e");
  expect(await tail(2)).toBe("err\ne");
  expect(await tail(99)).toBe("a\nb\ncerr\nd\ne");
  expect(await tail(0)).toBe("");
});

test("times stand before lines, not before their rests", async () => {
  write(frame("a", { ms: 1500 }), frame("b\nc\n", { ms: 2500 }));
  expect(await text(read({ ...plain, timestamps: true }))).toBe(
    "1970-01-01T00:00:01.500000007Z ab\n1970-01-01T00:00:02.500000007Z c\n",
  );
});

test("what is older than asked for is left out", async () => {
  write(frame("old\n"), frame("new\n", { ms: 5000 }));
  expect(await text(read({ ...plain, since: new Date(3000) }))).toBe("new\n");
});

test("who follows gets what comes, over a rotation, until the end", async () => {
  const ended = Promise.withResolvers<void>();
  write(frame("one\n"));
  const seen: string[] = [];
  for await (const piece of read({ ...plain, follow: true }, ended.promise)) {
    seen.push(Buffer.from(piece).toString());
    if (seen.length === 1) write(frame("two\n"));
    if (seen.length === 2) {
      write(frame("three\n"));
      rotate();
      write(frame("four\n"));
    }
    if (seen.length === 4) {
      write(frame("last\n"));
      ended.resolve();
    }
  }
  expect(seen).toEqual(["one\n", "two\n", "three\n", "four\n", "last\n"]);
});

test("a frame that is half written is read once it is whole", async () => {
  const ended = Promise.withResolvers<void>();
  const whole = frame("whole\n");
  write(frame("first\n"), whole.subarray(0, 18));
  const seen: string[] = [];
  for await (const piece of read({ ...plain, follow: true }, ended.promise)) {
    seen.push(Buffer.from(piece).toString());
    if (seen.length === 1) write(whole.subarray(18));
    else ended.resolve();
  }
  expect(seen).toEqual(["first\n", "whole\n"]);
});

test("who begins at the end gets nothing that was written before, even after a rotation", async () => {
  const log = new LogFiles(directory);
  write(frame("before\n"));
  const from = await log.end();
  write(frame("between\n"));
  rotate();
  write(frame("after\n"));
  const seen: string[] = [];
  for await (const { bytes } of log.frames({ from, until: Promise.resolve() }, life.signal)) {
    seen.push(Buffer.from(bytes).toString());
  }
  expect(seen).toEqual(["between\n", "after\n"]);
});

test("a file that holds something else is refused", async () => {
  write(Buffer.alloc(64, 0xff));
  expect(text(read(plain))).rejects.toThrow("the log: it is damaged");
});

test("who stops following lets go", async () => {
  write(frame("one\n"));
  const never = new Promise(() => undefined);
  const reading = text(read({ ...plain, follow: true }, never));
  life.abort(new Error("Enough"));
  expect(reading).rejects.toThrow("Enough");
});
