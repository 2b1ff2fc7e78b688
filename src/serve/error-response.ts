import { StatusError } from "#api/status.ts";
import type { Logger } from "#lib/log.ts";
import { respondStatus } from "./respond.ts";

/** The answer for what a handler threw. What nobody foresaw is logged, and told to nobody else. */
export function answerError(error: unknown, log: Logger, request?: Request): Response {
  if (error instanceof StatusError) {
    // What a client did wrong is its own business, and may quote a Secret.
    const isOurs = (error.status.code ?? 0) >= 500;
    if (isOurs && error.cause !== undefined) log.error("A request failed", { error });
    return respondStatus(error.status, request);
  }
  log.error("A request failed unexpectedly", { error });
  const unforeseen = new StatusError("Internal error occurred: the request failed unexpectedly", {
    code: 500,
    reason: "InternalError",
    details: { causes: [{ message: "the request failed unexpectedly" }] },
  });
  return respondStatus(unforeseen.status, request);
}

/** What Go's HTTP server says to what is no request; also the answer that nobody waits for any more. */
export function badRequestText(): Response {
  return new Response("400 Bad Request\n", {
    status: 400,
    headers: { "Content-Type": "text/plain; charset=utf-8", Connection: "close" },
  });
}

/** What Go's HTTP server says where there is nothing: text, not a Status. */
export function notFoundText(): Response {
  return new Response("404 page not found\n", {
    status: 404,
    headers: {
      "Content-Type": "text/plain; charset=utf-8",
      "X-Content-Type-Options": "nosniff",
    },
  });
}
