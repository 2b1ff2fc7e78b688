import { closeSync, openSync } from "node:fs";
import { SystemCallError } from "./libc.ts";
import { systemCall } from "./system-call.ts";

const F_SETLEASE = 1024;
const F_SETSIG = 10;
const F_RDLCK = 0;
const F_UNLCK = 2;
/** What the kernel sends when somebody breaks the lease: a signal that ends no process. */
const SIGURG = 23;

/**
 * Whether somebody has a file open for writing: then the kernel gives nobody a lease to read it
 * (fcntl(2)). False where the file system knows no leases.
 */
export function isOpenForWriting(path: string): boolean {
  const descriptor = openSync(path, "r");
  try {
    const what = `ask who writes ${path}`;
    systemCall({ name: "fcntl", args: [descriptor, F_SETSIG, SIGURG], what });
    systemCall({ name: "fcntl", args: [descriptor, F_SETLEASE, F_RDLCK], what });
    systemCall({ name: "fcntl", args: [descriptor, F_SETLEASE, F_UNLCK], what });
    return false;
  } catch (error) {
    if (error instanceof SystemCallError) return error.code === "EAGAIN";
    throw error;
  } finally {
    closeSync(descriptor);
  }
}
