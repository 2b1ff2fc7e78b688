import { StatusError } from "#api/status.ts";
import type { Logger } from "#lib/log.ts";
import { respondStatus } from "./respond.ts";

/** The answer for what a handler threw. What nobody foresaw is logged, and told to nobody else. */
export function answerError(error: unknown, log: Logger): Response {
  if (error instanceof StatusError) {
    if (error.cause !== undefined) log.error("A request failed", { error });
    return respondStatus(error.status);
  }
  log.error("A request failed unexpectedly", { error });
  const unforeseen = new StatusError("Internal error occurred: the request failed unexpectedly", {
    code: 500,
    reason: "InternalError",
    details: { causes: [{ message: "the request failed unexpectedly" }] },
  });
  return respondStatus(unforeseen.status);
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
