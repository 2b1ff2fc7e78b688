import { expect, test } from "bun:test";
import { hasReason } from "#api/status.ts";
import { rejection } from "#test/kit/eventually.ts";
import { MAX_BODY_BYTES, readBody } from "./read-body.ts";

const post = (body: ReadableStream<Uint8Array> | Uint8Array) =>
  new Request("http://localhost/", { method: "POST", body });

test("a body comes whole, however it was cut", async () => {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const text of ["a", "bc", "d"]) controller.enqueue(Buffer.from(text));
      controller.close();
    },
  });
  expect(Buffer.from(await readBody(post(body))).toString()).toBe("abcd");
});

test("a client that goes away in mid-body made a bad request, which is no failure of ours", async () => {
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.error(new Error("The connection was closed.")),
  });
  const error = await rejection(readBody(post(body)));
  expect([hasReason(error, "BadRequest"), error.cause]).toEqual([true, undefined]);
  expect(error.message).toBe("the request body could not be read: The connection was closed.");
});

test("more than the limit is not taken", async () => {
  const error = await rejection(readBody(post(new Uint8Array(MAX_BODY_BYTES + 1))));
  expect(hasReason(error, "RequestEntityTooLarge")).toBe(true);
});
