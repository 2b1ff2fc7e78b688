import { expect, test } from "bun:test";
import { rejection } from "#test/kit/eventually.ts";
import { type Message, newMessage } from "./message.ts";
import { Outbox } from "./outbox.ts";

const message = (content: string): Message => newMessage({ content });

/** An outbox that is delivered until `count` messages have left it. */
async function delivered(outbox: (got: Outbox) => void, count: number): Promise<unknown[]> {
  const stop = new AbortController();
  const contents: unknown[] = [];
  const box = new Outbox(async ({ content }) => {
    contents.push(content);
    if (contents.length === count) stop.abort();
  });
  outbox(box);
  await box.run(stop.signal);
  return contents;
}

test("a newer message takes the place of the older one of its key", async () => {
  const contents = await delivered((box) => {
    box.put("a", message("a1"));
    box.put("b", message("b1"));
    box.put("a", message("a2"));
    expect(box.size).toBe(2);
  }, 2);
  expect(contents).toEqual(["a2", "b1"]);
});

test("putLast() goes behind all that waits", async () => {
  const contents = await delivered((box) => {
    box.putLast("end", message("end of the first list"));
    box.put("a", message("a"));
    box.putLast("end", message("end of the second list"));
  }, 2);
  expect(contents).toEqual(["a", "end of the second list"]);
});

test("what is put in while a delivery waits is delivered after it", async () => {
  const stop = new AbortController();
  const contents: unknown[] = [];
  const gate = Promise.withResolvers<void>();
  const box = new Outbox(async ({ content }) => {
    await gate.promise;
    contents.push(content);
    if (content === "a2") stop.abort();
  });
  box.put("a", message("a1"));
  const running = box.run(stop.signal);
  box.put("a", message("a2"));
  gate.resolve();
  await running;
  expect(contents).toEqual(["a1", "a2"]);
});

test("run() ends quietly when its signal aborts, idle or in the middle of a delivery", async () => {
  for (const waiting of [[], ["a"]]) {
    const stop = new AbortController();
    const box = new Outbox(
      (_message, signal) =>
        new Promise((_, reject) =>
          signal.addEventListener("abort", () => reject(new Error("cut"))),
        ),
    );
    for (const key of waiting) box.put(key, message(key));
    const running = box.run(stop.signal);
    stop.abort();
    await running;
  }
});

test("run() fails with what a delivery failed with", async () => {
  const box = new Outbox(() => Promise.reject(new Error("There is no such module")));
  box.put("a", message("a"));
  expect((await rejection(box.run(new AbortController().signal))).message).toBe(
    "There is no such module",
  );
});
