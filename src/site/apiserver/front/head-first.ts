import { randomBytes } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";

const MARK_BYTES = 9;
/**
 * What stands before the body of an answer whose head is sent at once: the server behind the front
 * sends a head with the first byte of its body only. Whoever carries the answer on takes it out
 * again. It is what padding is in a frame of HTTP/2: its length, and so many bytes; no body begins
 * with these by accident.
 */
export const MARK: Buffer = Buffer.concat([Buffer.of(MARK_BYTES - 1), randomBytes(MARK_BYTES - 1)]);

/** The same answer, with a mark that makes the server send its head before there is a body. */
export function headFirst({ status, headers, body }: Response): Response {
  if (body === null) return new Response(null, { status, headers });
  const reader = body.getReader();
  let isSent = false;
  const marked = new ReadableStream<Uint8Array>(
    {
      start: (controller) => controller.enqueue(MARK),
      async pull(controller) {
        // A body that is there by now would be one with the mark, and its length that of both.
        if (!isSent) await nextTurn();
        isSent = true;
        const { value, done } = await reader.read();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
  return new Response(marked, { status, headers });
}
