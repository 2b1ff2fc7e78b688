import type { Stats } from "node:fs";
import { mkdir, open, stat } from "node:fs/promises";
import { errorCode } from "#lib/errors.ts";

interface Check {
  readonly is: (stats: Stats) => boolean;
  readonly what: string;
}

const CHECKS: Readonly<Record<string, Check>> = {
  Directory: { is: (stats) => stats.isDirectory(), what: "a directory" },
  DirectoryOrCreate: { is: (stats) => stats.isDirectory(), what: "a directory" },
  File: { is: (stats) => stats.isFile(), what: "a file" },
  FileOrCreate: { is: (stats) => stats.isFile(), what: "a file" },
  Socket: { is: (stats) => stats.isSocket(), what: "a socket file" },
  CharDevice: { is: (stats) => stats.isCharacterDevice(), what: "a character device" },
  BlockDevice: { is: (stats) => stats.isBlockDevice(), what: "a block device" },
};

/**
 * Makes sure that a path of the host is what the pod says it is; the `…OrCreate` types make it.
 * @throws when it is something else or missing.
 */
export async function prepareHostPath(path: string, type: string): Promise<void> {
  const check = CHECKS[type];
  if (!check) {
    // Without a type nothing is checked; Docker of old made the directory, and people rely on it.
    if ((await statOf(path)) === undefined) await mkdir(path, { recursive: true });
    return;
  }
  if (type === "DirectoryOrCreate") await mkdir(path, { recursive: true, mode: 0o755 });
  if (type === "FileOrCreate") await (await open(path, "a", 0o644)).close();
  const stats = await statOf(path);
  if (!stats || !check.is(stats)) {
    throw new Error(`hostPath type check failed: ${path} is not ${check.what}`);
  }
}

async function statOf(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}
