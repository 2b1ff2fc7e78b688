import { StatusError } from "./status.ts";

/** Somebody may not do what he wants; `why` is what authorizers say, which may be `""`. */
export class AccessRefused extends StatusError {
  readonly why: string;

  constructor(message: string, { why, details }: Pick<AccessRefused, "why"> & { details: object }) {
    super(message, { code: 403, reason: "Forbidden", details });
    this.why = why;
  }
}
