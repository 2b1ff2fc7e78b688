import { expect, test } from "bun:test";
import { rejection } from "#test/kit/eventually.ts";
import { Mailbox, MailboxClosed } from "./mailbox.ts";

const forever = new AbortController().signal;

test("values come out in the order in which they went in, waiting senders included", async () => {
  const mailbox = new Mailbox<number>(2);
  const sending = [1, 2, 3, 4].map((value) => mailbox.send(value, forever));
  expect([mailbox.size, mailbox.waiting]).toEqual([2, 2]);
  for (const value of [1, 2, 3, 4]) expect(await mailbox.receive(forever)).toBe(value);
  await Promise.all(sending);
  expect([mailbox.size, mailbox.waiting]).toEqual([0, 0]);
});

test("a value goes straight to the one who waits longest", async () => {
  const mailbox = new Mailbox<number>(1);
  const receiving = [mailbox.receive(forever), mailbox.receive(forever)];
  expect([mailbox.trySend(1), mailbox.trySend(2), mailbox.trySend(3), mailbox.trySend(4)]).toEqual([
    true,
    true,
    true,
    false,
  ]);
  expect(await Promise.all(receiving)).toEqual([1, 2]);
});

test("whoever gives up leaves no trace: neither a value nor a place in the line", async () => {
  const mailbox = new Mailbox<number>(1);
  const stop = new AbortController();
  const receiving = rejection(mailbox.receive(stop.signal));
  stop.abort(new Error("enough"));
  expect((await receiving).message).toBe("enough");
  await mailbox.send(1, forever);
  const again = new AbortController();
  const sending = rejection(mailbox.send(2, again.signal));
  again.abort(new Error("enough"));
  await sending;
  expect(mailbox.waiting).toBe(0);
  expect(await mailbox.receive(forever)).toBe(1);
  expect(mailbox.size).toBe(0);
  expect(await rejection(mailbox.send(3, again.signal))).toHaveProperty("message", "enough");
  expect(mailbox.size).toBe(0);
});

test("close() fails everybody who waits and everybody who comes later", async () => {
  const full = new Mailbox<number>(1);
  await full.send(1, forever);
  const empty = new Mailbox<number>(1);
  const waiting = [rejection(full.send(2, forever)), rejection(empty.receive(forever))];
  full.close("gone");
  empty.close("gone");
  for (const error of await Promise.all(waiting)) expect(error).toBeInstanceOf(MailboxClosed);
  expect(await rejection(full.receive(forever))).toBeInstanceOf(MailboxClosed);
  expect(() => empty.trySend(1)).toThrow("gone");
});

test("a capacity must be a positive integer", () => {
  for (const capacity of [0, -1, 1.5])
    expect(() => new Mailbox(capacity)).toThrow("positive integer");
});
