import { badRequest, StatusError } from "#api/status.ts";
import { explain } from "#lib/errors.ts";

/** apiserver's `MaxRequestBodyBytes`. */
export const MAX_BODY_BYTES = 3 * 1024 * 1024;

/** Over HTTP/2 an answer that comes before the end of the body is lost: so much is heard out. */
const MAX_DISCARDED_BYTES = 16 * 1024 * 1024;

/**
 * The whole body of a request, without ever holding more of it than is allowed.
 * @throws StatusError 413; 400 where the client went away before it had sent all.
 */
export async function readBody(request: Request): Promise<Uint8Array> {
  const announced = request.headers.get("content-length");
  if (Number(announced) > MAX_DISCARDED_BYTES) throw tooLarge();
  // Bun hears no more than was announced, and a stream of it costs more than decoding it does.
  if (announced !== null && Number(announced) <= MAX_BODY_BYTES) return await whole(request);
  if (request.body === null) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of arriving(request.body)) {
    size += chunk.length;
    if (size > MAX_DISCARDED_BYTES) throw tooLarge();
    if (size > MAX_BODY_BYTES) chunks.length = 0;
    else chunks.push(chunk);
  }
  if (size > MAX_BODY_BYTES) throw tooLarge();
  return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
}

/**
 * Hears out a request that was answered without a look at its body, holding nothing of it; not
 * longer than `withinMs`, where that is given.
 */
export async function discardBody(request: Request, withinMs?: number): Promise<void> {
  if (request.bodyUsed || request.body === null || request.body.locked) return;
  const reader = request.body.getReader();
  const give = (): void => void reader.cancel().catch(() => undefined);
  const timeout = withinMs === undefined ? undefined : setTimeout(give, withinMs);
  try {
    let size = 0;
    for (let part = await reader.read(); part.value && size <= MAX_DISCARDED_BYTES; ) {
      size += part.value.length;
      part = await reader.read();
    }
  } catch {
    // The client went away: the answer reaches nobody.
  } finally {
    clearTimeout(timeout);
  }
}

async function whole(request: Request): Promise<Uint8Array> {
  try {
    return await request.bytes();
  } catch (error) {
    throw unreadable(error);
  }
}

async function* arriving(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw unreadable(error);
  }
}

function unreadable(error: unknown): StatusError {
  return badRequest(`the request body could not be read: ${explain(error)}`);
}

function tooLarge(): StatusError {
  return new StatusError(`Request entity too large: limit is ${MAX_BODY_BYTES}`, {
    code: 413,
    reason: "RequestEntityTooLarge",
  });
}
