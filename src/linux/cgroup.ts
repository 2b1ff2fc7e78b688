import { existsSync, readdirSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { errorCode } from "#lib/errors.ts";

const ROOT = "/sys/fs/cgroup";
/** Not there in this hierarchy, or the hierarchy is a file. */
const ABSENT: ReadonlySet<string> = new Set(["ENOENT", "ENOTDIR"]);

/**
 * Removes the empty cgroup `path` (such as `edgesite-0123abcd`) from every hierarchy, v1 and v2.
 * @throws when something still runs in it.
 */
export function removeCgroup(path: string): void {
  if (!existsSync(ROOT)) return;
  for (const hierarchy of ["", ...readdirSync(ROOT)]) {
    try {
      rmdirSync(join(ROOT, hierarchy, path));
    } catch (error) {
      if (!ABSENT.has(errorCode(error) ?? "")) throw error;
    }
  }
}
