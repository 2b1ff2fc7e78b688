import { closeSync, openSync } from "node:fs";
import { SystemCallError } from "./libc.ts";
import { systemCall } from "./system-call.ts";

const LOCK_EXCLUSIVE = 2;
const LOCK_NOT_WAITING = 4;

/**
 * Holds a file against every other holder until it is disposed of, or this process ends (flock(2)).
 * Makes the file where there is none. Undefined where somebody else holds it.
 */
export function lockFile(path: string): Disposable | undefined {
  const descriptor = openSync(path, "a", 0o600);
  try {
    const args = [descriptor, LOCK_EXCLUSIVE | LOCK_NOT_WAITING];
    systemCall({ name: "flock", args, what: `lock ${path}` });
  } catch (error) {
    closeSync(descriptor);
    if (error instanceof SystemCallError && error.code === "EAGAIN") return undefined;
    throw error;
  }
  return { [Symbol.dispose]: () => closeSync(descriptor) };
}
