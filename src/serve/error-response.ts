import { type Status, StatusError } from "#api/status.ts";
import type { Logger } from "#lib/log.ts";

/** What a client is told of what a handler threw. What nobody foresaw is logged, and told to nobody else. */
export function statusOf(error: unknown, log: Logger): Status {
  if (error instanceof StatusError) {
    // What a client did wrong is its own business, and may quote a Secret.
    const isOurs = (error.status.code ?? 0) >= 500;
    if (isOurs && error.cause !== undefined) log.error("A request failed", { error });
    return error.status;
  }
  log.error("A request failed unexpectedly", { error });
  const unforeseen = new StatusError("Internal error occurred: the request failed unexpectedly", {
    code: 500,
    reason: "InternalError",
    details: { causes: [{ message: "the request failed unexpectedly" }] },
  });
  return unforeseen.status;
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
