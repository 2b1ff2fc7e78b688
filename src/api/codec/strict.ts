import type { StatusError } from "../status.ts";

/** What to do about fields that the schema does not know and keys that stand twice. */
export type FieldValidation = "Ignore" | "Warn" | "Strict";

/** `unknown field "spec.foo"` */
export function strictErrors(what: "unknown" | "duplicate", paths: readonly string[]): string[] {
  return paths.map((path) => `${what} field ${JSON.stringify(path)}`);
}

/**
 * Passes on strict decoding errors as the client asked: warnings, an error, nothing.
 *
 * @throws what `asError` makes of all of them, where validation is `Strict`.
 */
export function reportStrictErrors(
  errors: readonly string[],
  fieldValidation: FieldValidation,
  asError: (why: string) => StatusError,
): readonly string[] {
  if (errors.length === 0 || fieldValidation === "Ignore") return [];
  if (fieldValidation === "Strict") throw asError(`strict decoding error: ${errors.join(", ")}`);
  return errors.flatMap(warningsOf);
}

/** What Go's YAML reader says of several keys at once is several warnings. */
function warningsOf(error: string): readonly string[] {
  const head = "yaml: unmarshal errors:\n";
  if (!error.startsWith(head)) return [error];
  return error
    .slice(head.length)
    .split("\n")
    .map((line) => line.trim());
}
