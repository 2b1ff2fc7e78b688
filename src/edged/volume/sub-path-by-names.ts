import { chmod, mkdir, realpath, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { errorCode } from "#lib/errors.ts";
import { ContainerConfigError } from "../container/config-error.ts";

/** The refusal of a path whose links lead out of the volume. */
export function leadsOut(subPath: string): ContainerConfigError {
  return new ContainerConfigError(`subPath ${subPath} leads out of its volume`);
}

/**
 * As `resolveSubPath`, one name after the other, for kernels without openat2(2): a container that
 * is at work in the volume may be faster than this.
 */
export async function resolveByNames(root: string, subPath: string): Promise<string> {
  const { mode } = await stat(root);
  let path = root;
  for (const part of subPath.split("/").filter((name) => name !== "" && name !== ".")) {
    path = await existing(join(path, part), mode & 0o7777);
    if (path !== root && !path.startsWith(`${root}/`)) throw leadsOut(subPath);
  }
  return path;
}

async function existing(path: string, mode: number): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw error;
    // A dangling link is not followed: mkdir fails on it with EEXIST.
    await mkdir(path, { mode: 0o750 });
    await chmod(path, mode); // whatever the umask is
    return join(await realpath(dirname(path)), path.slice(dirname(path).length + 1));
  }
}
