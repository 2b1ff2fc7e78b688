import { existsSync, readdirSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { errorCode } from "#lib/errors.ts";

const ROOT = "/sys/fs/cgroup";
/** Not there in this hierarchy, or the hierarchy is a file. */
const ABSENT: ReadonlySet<string> = new Set(["ENOENT", "ENOTDIR"]);

/**
 * Removes the empty cgroup `path` (such as `edgesite-0123abcd`) from every hierarchy, v1 and v2.
 * Answers whether it is gone: where something still runs in it, it stays.
 */
export function removeCgroup(path: string): boolean {
  if (!existsSync(ROOT)) return true;
  let gone = true;
  for (const hierarchy of ["", ...readdirSync(ROOT)]) {
    try {
      rmdirSync(join(ROOT, hierarchy, path));
    } catch (error) {
      const code = errorCode(error) ?? "";
      if (code === "EBUSY") gone = false;
      else if (!ABSENT.has(code)) throw error;
    }
  }
  return gone;
}
