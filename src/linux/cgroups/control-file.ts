import { closeSync, constants, openSync, readFileSync, writeSync } from "node:fs";
import { errorCode, explain } from "#lib/errors.ts";

/** The kernel refused something about a cgroup. `code` is errno's name. */
export class CgroupError extends Error {
  override readonly name = "CgroupError";
  readonly code: string | undefined;

  constructor(message: string, cause: unknown) {
    super(`${message}: ${errorCode(cause) ?? explain(cause)}`, { cause });
    this.code = errorCode(cause);
  }
}

/** The text of a file of a cgroup; undefined when there is no such file, or no such group any more. */
export function readControl(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    // ENODEV: the group went while its file was open.
    if (["ENOENT", "ENODEV", "ENOTDIR"].includes(errorCode(error) ?? "")) return undefined;
    throw error;
  }
}

/** Writes into a file that must be there: it is never made. @throws {CgroupError} */
export function writeControl(path: string, value: string): void {
  try {
    const file = openSync(path, constants.O_WRONLY);
    try {
      writeSync(file, value);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw new CgroupError(`Cannot write ${value} to ${path}`, error);
  }
}

/** Writes into a file if there is one: kernels differ, and the group may be gone. @throws {CgroupError} */
export function tryWriteControl(path: string, value: string): boolean {
  try {
    writeControl(path, value);
    return true;
  } catch (error) {
    if (error instanceof CgroupError && (error.code === "ENOENT" || error.code === "ENODEV")) {
      return false;
    }
    throw error;
  }
}
