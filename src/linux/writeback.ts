import { SystemCallError } from "./libc.ts";
import { systemCall } from "./system-call.ts";

const SYNC_FILE_RANGE_WRITE = 2;

/**
 * Has the kernel begin to write a file's bytes to the disk, and does not wait for it: a later sync
 * has less to do. Not every file system can; that is no failure.
 */
export function beginWriteback(descriptor: number): void {
  try {
    const args = [descriptor, 0, 0, SYNC_FILE_RANGE_WRITE];
    systemCall({ name: "sync_file_range", args, what: "begin to write a file" });
  } catch (error) {
    if (!(error instanceof SystemCallError)) throw error;
  }
}
