import { chmod, mkdir, realpath, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { errorCode } from "#lib/errors.ts";
import { ContainerConfigError } from "../container/config-error.ts";

/**
 * The real path of `subPath` inside a volume; what is missing is made as a directory with the mode
 * of the volume, as kubelet does. No link in it may lead out of the volume: a container that writes
 * there must not reach the host's files.
 */
export async function resolveSubPath(volume: string, subPath: string): Promise<string> {
  if (subPath.startsWith("/") || subPath.split("/").includes("..")) {
    throw new ContainerConfigError(`subPath ${subPath} must be relative and must not contain '..'`);
  }
  const root = await realpath(volume);
  const { mode } = await stat(root);
  let path = root;
  for (const part of subPath.split("/").filter((name) => name !== "" && name !== ".")) {
    path = await existing(join(path, part), mode & 0o7777);
    if (path !== root && !path.startsWith(`${root}/`)) {
      throw new ContainerConfigError(`subPath ${subPath} leads out of its volume`);
    }
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
