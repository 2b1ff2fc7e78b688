import { closeSync } from "node:fs";
import { errorCode } from "#lib/errors.ts";
import { cString } from "./libc.ts";
import { systemCall } from "./system-call.ts";

const FSOPEN_CLOEXEC = 1;

/** Whether the kernel has a kind of file system, `overlay`; it loads the module where there is one. */
export function hasFileSystem(kind: string): boolean {
  const args = [cString(kind), FSOPEN_CLOEXEC];
  try {
    closeSync(systemCall({ name: "fsopen", args, what: `ask the kernel for ${kind}` }));
    return true;
  } catch (error) {
    if (errorCode(error) === "ENODEV") return false;
    throw error;
  }
}
