import { readdir, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { errorCode } from "#lib/errors.ts";

const ROOT = "/sys/fs/cgroup";

/** Removes the cgroups that Docker leaves behind for a site, once nothing runs in them. */
export async function removeSiteCgroups(siteId: string): Promise<void> {
  const hierarchies = ["", ...(await readdir(ROOT))];
  for (const hierarchy of hierarchies) {
    try {
      await rmdir(join(ROOT, hierarchy, `edgesite-${siteId}`));
    } catch (error) {
      if (!["ENOENT", "ENOTDIR"].includes(errorCode(error) ?? "")) throw error;
    }
  }
}
