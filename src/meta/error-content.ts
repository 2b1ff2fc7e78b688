import { type Status, StatusError } from "#api/status.ts";

/** True for the content of an error answer that says: there is no such object. */
export function isNotFoundContent(content: unknown): boolean {
  return isStatus(content) && content.reason === "NotFound";
}

/** An error answer's content as the cause of an error that says what was being done. */
export function errorOf(doing: string, content: unknown): Error {
  const text = typeof content === "string" ? content : JSON.stringify(content);
  const cause = isStatus(content) ? StatusError.from(content) : new Error(text);
  return new Error(doing, { cause });
}

function isStatus(content: unknown): content is Status {
  return (
    typeof content === "object" &&
    content !== null &&
    "kind" in content &&
    content.kind === "Status"
  );
}
