import { readdir } from "node:fs/promises";
import { errorCode } from "./errors.ts";

/** The names in a directory; none where it does not exist. */
export async function entriesOf(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return [];
    throw error;
  }
}
