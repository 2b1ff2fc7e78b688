import type { IncomingMessage } from "node:http";
import { isIPv6 } from "node:net";
import { serviceUnavailable } from "#api/status.ts";
import { streamOf } from "#lib/stream-of.ts";
import type { Backend } from "./backend.ts";
import { exchange, type Sent } from "./exchange.ts";
import { passedHeaders, returnedHeaders } from "./headers.ts";
import { type Origin, rewrittenLink, rewrittenPage } from "./links.ts";

const SWITCHING_PROTOCOLS = 101;
/** Answers that have no body, whatever they say about its length. */
const BODILESS: ReadonlySet<number> = new Set([204, 205, 304]);
/** Codings of pages that can be looked into. */
const CODINGS: Readonly<Record<string, "gzip" | "deflate">> = { gzip: "gzip", deflate: "deflate" };

/** How a request is handed on: each signal ends it. */
export type Passage = Pick<Sent, "signals" | "kept">;

/**
 * Hands a request on to a backend and its answer back, bodies in passing.
 * @throws StatusError 503 where the backend cannot be reached, or speaks another protocol unasked.
 */
export async function forward(
  request: Request,
  backend: Backend,
  passage: Passage,
): Promise<Response> {
  const headers = { ...passedHeaders(request, { upgrade: false }), ...backend.headers };
  const { method, body } = request;
  const { message } = await exchange(backend, { method, headers, body, ...passage });
  if (message.statusCode === SWITCHING_PROTOCOLS) {
    message.socket.destroy();
    const protocol = JSON.stringify(message.headers.upgrade ?? "");
    throw serviceUnavailable(
      `error trying to reach service: backend tried to switch protocol ${protocol} when "" was requested`,
    );
  }
  return answerOf(message, { request, backend });
}

/** A backend's answer as one of ours. */
export function answerOf(
  message: IncomingMessage,
  { request, backend }: { readonly request: Request; readonly backend: Backend },
): Response {
  const headers = returnedHeaders(message.rawHeaders);
  const status = message.statusCode ?? 502;
  const body = bodyOf(message, { method: request.method, status, headers });
  const answer = new Response(body, { status, headers });
  const { prefix } = backend;
  return prefix === undefined
    ? answer
    : withLinks(answer, { prefix, hosts: [placeOf(backend), request.headers.get("host") ?? ""] });
}

interface Answered {
  readonly method: string;
  readonly status: number;
  readonly headers: Headers;
}

function bodyOf(
  message: IncomingMessage,
  { method, status, headers }: Answered,
): ReadableStream<Uint8Array> | null {
  const isHead = method === "HEAD";
  if (!isHead && !BODILESS.has(status)) return streamOf(message, () => message.destroy());
  message.resume();
  // Of no body at all it would be said that it is 0 bytes long.
  if (!isHead || headers.has("content-length")) return null;
  return new ReadableStream({ start: (body) => body.close() });
}

function placeOf({ host, port }: Backend): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}

function withLinks(answer: Response, origin: Origin): Response {
  const { headers, status } = answer;
  const location = headers.get("location");
  if (location !== null) {
    headers.set("location", rewrittenLink(location, origin));
    return answer;
  }
  const [type = ""] = (headers.get("content-type") ?? "").split(";");
  if (type.trim().toLowerCase() !== "text/html" || answer.body === null) return answer;
  const coding = headers.get("content-encoding");
  const format = coding === null ? undefined : CODINGS[coding];
  if (coding !== null && format === undefined) return answer;
  headers.delete("content-length");
  headers.delete("content-encoding");
  const body = format ? answer.body.pipeThrough(new DecompressionStream(format)) : answer.body;
  return rewrittenPage(new Response(body, { status, headers }), origin);
}
