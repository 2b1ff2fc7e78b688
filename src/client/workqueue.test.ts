import { expect, test } from "bun:test";
import { ManualClock } from "#test/kit/manual-clock.ts";
import { WorkQueue } from "./workqueue.ts";

function setUp() {
  const clock = new ManualClock();
  return { clock, queue: new WorkQueue({ clock, timer: clock, retryMaxMs: 40 }) };
}

test("keys come out in the order they went in, each once", async () => {
  const { queue } = setUp();
  for (const key of ["a", "b", "a", "c", "b"]) queue.add(key);
  expect(queue.size).toBe(3);
  expect([await queue.take(), await queue.take(), await queue.take()]).toEqual(["a", "b", "c"]);
});

test("a key added while it is worked on is worked on again, but not at the same time", async () => {
  const { queue } = setUp();
  queue.add("a");
  await queue.take();
  queue.add("a");
  queue.add("a");
  expect(queue.size).toBe(0);
  queue.done("a");
  expect(queue.size).toBe(1);
  expect(await queue.take()).toBe("a");
  queue.done("a");
  expect(queue.size).toBe(0);
});

test("takers wait their turn, in order", async () => {
  const { queue } = setUp();
  const takers = [queue.take(), queue.take()];
  queue.add("a");
  queue.add("b");
  expect(await Promise.all(takers)).toEqual(["a", "b"]);
});

test("a delayed key comes when it is due, and the earlier of two wishes counts", () => {
  const { clock, queue } = setUp();
  queue.addAfter("a", 100);
  queue.addAfter("a", 50);
  queue.addAfter("a", 200);
  expect(clock.alarms).toBe(1);
  clock.advance(49);
  expect(queue.size).toBe(0);
  clock.advance(1);
  expect(queue.size).toBe(1);
  expect([queue.delayed, clock.alarms]).toEqual([0, 0]);
});

test("many delayed keys share one alarm", () => {
  const { clock, queue } = setUp();
  for (const delayMs of [30, 10, 20]) queue.addAfter(`k${delayMs}`, delayMs);
  expect(clock.alarms).toBe(1);
  clock.advance(20);
  expect([queue.size, queue.delayed, clock.alarms]).toEqual([2, 1, 1]);
});

test("the delay of a key that fails doubles up to its limit, until it is forgotten", () => {
  const { clock, queue } = setUp();
  const delays: number[] = [];
  const failAndWait = (): void => {
    queue.addRateLimited("a");
    const before = clock.monotonicMs();
    while (queue.delayed > 0) clock.advance(1);
    delays.push(clock.monotonicMs() - before);
    void queue.take();
    queue.done("a");
  };
  for (let i = 0; i < 5; i++) failAndWait();
  expect(queue.retries("a")).toBe(5);
  queue.forget("a");
  failAndWait();
  expect(delays).toEqual([5, 10, 20, 40, 40, 5]);
});

test("a shut-down queue hands out what it has, then lets takers go and takes no more", async () => {
  const { clock, queue } = setUp();
  queue.add("a");
  queue.addAfter("later", 10);
  queue.shutDown();
  queue.add("b");
  expect(await queue.take()).toBe("a");
  expect(await queue.take()).toBeUndefined();
  expect([queue.delayed, clock.alarms]).toEqual([0, 0]);
});

test("a taker that waits is let go by the shutdown", async () => {
  const { queue } = setUp();
  const taker = queue.take();
  queue.shutDown();
  expect(await taker).toBeUndefined();
});
