import { isJsonObject } from "#api/codec/json-value.ts";
import { type Status, StatusError } from "#api/status.ts";

/** A webhook could not be asked, or did not answer as it must: its failure policy decides. */
export class CallFailure extends Error {
  override readonly name = "CallFailure";
  readonly failed: string;

  constructor(webhook: string, why: string) {
    super(`failed calling webhook ${JSON.stringify(webhook)}: ${why}`);
    this.failed = webhook;
  }
}

/** 500, as `apierrors.NewInternalError` words it. */
export function internalFailure(message: string): StatusError {
  return new StatusError(`Internal error occurred: ${message}`, {
    code: 500,
    reason: "InternalError",
    details: { causes: [{ message }] },
  });
}

const BAD_REQUEST = 400;

/** The Status of a denial: the webhook's own, with its name in front (`webhookerrors.ToStatusErr`). */
export function denial(webhook: string, sent: unknown): StatusError {
  const status: Partial<Status> = isJsonObject(sent) ? sent : {};
  const { message = "", reason, details, code = 0 } = status;
  const head = `admission webhook ${JSON.stringify(webhook)} denied the request`;
  const why = message || reason || "";
  return StatusError.from({
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message: why === "" ? `${head} without explanation` : `${head}: ${why}`,
    ...(reason && { reason }),
    ...(details && { details }),
    code: Math.max(code, BAD_REQUEST),
  });
}

/** What a webhook's HTTP status says, in client-go's words. */
export function statusText(code: number, body: string): string {
  switch (code) {
    case 400:
      return "the server rejected our request for an unknown reason";
    case 401:
      return "the server has asked for the client to provide credentials";
    case 404:
      return "the server could not find the requested resource";
    case 405:
      return "the server does not allow this method on the requested resource";
    case 503:
      return "the server is currently unable to handle the request";
    default:
      return code >= 500
        ? `an error on the server (${JSON.stringify(body || "unknown")}) has prevented the request from succeeding`
        : `the server responded with the status code ${code} but did not return more details`;
  }
}
