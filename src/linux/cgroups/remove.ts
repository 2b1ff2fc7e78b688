import { readdirSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { errorCode } from "#lib/errors.ts";

/** Removes the directory of a cgroup and those below it, as far as they are empty. Whether it is gone. */
export function removeTree(directory: string): boolean {
  for (const name of subdirectories(directory)) removeTree(join(directory, name));
  return removeDirectory(directory);
}

/** The names of the groups directly below one. */
export function subdirectories(directory: string): readonly string[] {
  try {
    return readdirSync(directory, { withFileTypes: true }).flatMap((entry) =>
      entry.isDirectory() ? [entry.name] : [],
    );
  } catch (error) {
    if (errorCode(error) === "ENOENT") return [];
    throw error;
  }
}

function removeDirectory(directory: string): boolean {
  try {
    rmdirSync(directory);
    return true;
  } catch (error) {
    const code = errorCode(error);
    if (code === "EBUSY") return false;
    if (code === "ENOENT") return true;
    throw error;
  }
}
