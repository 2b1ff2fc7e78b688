import { expect, test } from "bun:test";
import { FrameQueue } from "./frame-queue.ts";

const frame = (size: number): Uint8Array => new Uint8Array(size).fill(1);

test("frames come out in order, joined, and the end after the last", async () => {
  const queue = new FrameQueue(100);
  queue.push(Uint8Array.of(1));
  queue.push(Uint8Array.of(2));
  queue.end();
  expect([...((await queue.take()) ?? [])]).toEqual([1, 2]);
  expect(await queue.take()).toBeUndefined();
});

test("who waits gets the next frame", async () => {
  const queue = new FrameQueue(100);
  const taken = queue.take();
  queue.push(Uint8Array.of(7));
  expect(await taken).toEqual(Uint8Array.of(7));
});

test("a queue that is over its bound says so, what it began with aside", async () => {
  const queue = new FrameQueue(10);
  expect(queue.push(frame(100))).toBe(false);
  queue.allowBacklog();
  expect(queue.push(frame(10))).toBe(true);
  expect(queue.push(frame(1))).toBe(false);
  await queue.take();
  expect(queue.push(frame(10))).toBe(true);
  expect(queue.push(frame(1))).toBe(false);
});

test("a discarded queue is empty and over", async () => {
  const queue = new FrameQueue(10);
  queue.push(frame(5));
  queue.discard();
  expect(await queue.take()).toBeUndefined();
});
