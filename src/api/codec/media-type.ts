import { StatusError } from "../status.ts";

/** The media type of a Content-Type header without its parameters, `""` where there is none. */
export function mediaType(contentType: string): string {
  return (contentType.split(";")[0] ?? "").trim().toLowerCase();
}

/** 415: the body is of no type that can be read here. */
export function unsupportedMediaType(accepted: readonly string[]): StatusError {
  return new StatusError(
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(", ")}`,
    { code: 415, reason: "UnsupportedMediaType" },
  );
}
