import { readFileSync } from "node:fs";
import { errorCode } from "#lib/errors.ts";

/** The text of a file that a host may not have, or not show; undefined then. */
export function readableText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (errorCode(error) !== undefined) return undefined;
    throw error;
  }
}
