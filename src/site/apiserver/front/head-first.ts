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

const ANSWER = "HTTP/1.";
const CHUNK_START = `\r\n\r\n${MARK_BYTES.toString(16)}\r\n`;
const SIZE_LINE_BYTES = CHUNK_START.length - "\r\n\r\n".length;
const CHUNK_END_BYTES = "\r\n".length;
/** Heads of answers are shorter, the one that says "continue" included. */
const MOST_HEAD_BYTES = 64 * 1024;

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

/** What an HTTP/1 server answered, without the mark. */
export function withoutMark(answer: Buffer): Buffer {
  if (answer.toString("latin1", 0, ANSWER.length) !== ANSWER) return answer;
  const at = answer.subarray(0, MOST_HEAD_BYTES).indexOf(MARK);
  if (at < 0) return answer;
  const before = answer.toString("latin1", at - CHUNK_START.length, at);
  // To clients of HTTP/1.0 a body is sent as it is.
  const [line, end] = before === CHUNK_START ? [SIZE_LINE_BYTES, CHUNK_END_BYTES] : [0, 0];
  return Buffer.concat([answer.subarray(0, at - line), answer.subarray(at + MARK.length + end)]);
}
