import { join } from "node:path";
import { CgroupError, writeControl } from "./control-file.ts";
import type { LimitWrite } from "./limits.ts";

/**
 * Writes limits into the directory of a cgroup. Those of version 1 that bound each other (memory,
 * and memory with swap; the period and the quota) may have to be written the other way round when
 * they rise: what the kernel refuses is tried again after the others.
 * @throws {CgroupError} of the first that it goes on refusing.
 */
export function applyLimits(directory: string, writes: readonly LimitWrite[]): void {
  const refused = writes.filter((write) => !accepted(directory, write));
  for (const { file, value } of refused) writeControl(join(directory, file), value);
}

function accepted(directory: string, { file, value, optional }: LimitWrite): boolean {
  try {
    writeControl(join(directory, file), value);
    return true;
  } catch (error) {
    const code = error instanceof CgroupError ? error.code : undefined;
    if (code === "ENOENT" && optional) return true;
    if (code === "EINVAL" || code === "EBUSY") return false;
    throw error;
  }
}
