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
