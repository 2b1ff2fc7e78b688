import { closeSync, constants, fstatSync, openSync } from "node:fs";
import { readlink, realpath } from "node:fs/promises";
import { errorCode } from "#lib/errors.ts";
import { makeDirectoriesBeneath, openBeneath, type PathBeneath } from "#linux/open-beneath.ts";
import { ContainerConfigError } from "../container/config-error.ts";
import { leadsOut, resolveByNames } from "./sub-path-by-names.ts";

/** openat2(2) for a path that leads out of its directory. */
const OUTSIDE: ReadonlySet<string> = new Set(["EXDEV", "ELOOP"]);

/**
 * The real path of `subPath` inside a volume; what is missing is made as a directory with the mode
 * of the volume, as kubelet does. No link in it leads out of the volume, nor does one that a
 * container puts there meanwhile: it must not reach the host's files (CVE-2017-1002101). Who mounts
 * the path later must follow no link in it.
 */
export async function resolveSubPath(volume: string, subPath: string): Promise<string> {
  if (subPath.startsWith("/") || subPath.split("/").includes("..")) {
    throw new ContainerConfigError(`subPath ${subPath} must be relative and must not contain '..'`);
  }
  const root = await realpath(volume);
  const directory = openSync(root, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    const found = openOrMake({ directory, path: subPath });
    try {
      return await readlink(`/proc/self/fd/${found}`);
    } finally {
      closeSync(found);
    }
  } catch (error) {
    const code = errorCode(error) ?? "";
    // Before Linux 5.6.
    if (code === "ENOSYS") return await resolveByNames(root, subPath);
    if (!OUTSIDE.has(code)) throw error;
    throw leadsOut(subPath);
  } finally {
    closeSync(directory);
  }
}

/** What is there may be a file. */
function openOrMake(path: PathBeneath): number {
  try {
    return openBeneath(path);
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw error;
    const { mode } = fstatSync(path.directory);
    return makeDirectoriesBeneath(path, { mode: mode & 0o7777 });
  }
}
