import {
  chmod,
  chown,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { dirname, join } from "node:path";
import { errorCode } from "#lib/errors.ts";

export interface ProjectedFile {
  readonly content: Uint8Array;
  /** Permission bits. */
  readonly mode: number;
  /** The user whose file it is. Default root. */
  readonly owner?: number;
}

/** Relative paths, without `..`, and what is to stand there. */
export type Payload = ReadonlyMap<string, ProjectedFile>;

const DATA = "..data";
const NEXT_DATA = "..data_tmp";

/**
 * Makes a directory show exactly `payload`, all files changing at one moment, as kubelet's
 * AtomicWriter: files lie in a directory of their own, `..data` is a link to it that a rename
 * swaps, and what a container sees are links through `..data`. Nothing is written when nothing
 * changed. `group` owns the files where it is given.
 */
export async function writeAtomically(
  directory: string,
  payload: Payload,
  group?: number,
): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o755 });
  const current = await linkTarget(join(directory, DATA));
  if (current !== undefined && (await shows(join(directory, current), payload))) return;

  const fresh = await mkdtemp(join(directory, `..${stamp(new Date())}.`));
  await chmod(fresh, 0o755);
  for (const [path, file] of payload) await writeOne(join(fresh, path), file, group);
  await rm(join(directory, NEXT_DATA), { force: true });
  await symlink(fresh.slice(directory.length + 1), join(directory, NEXT_DATA));
  await rename(join(directory, NEXT_DATA), join(directory, DATA));
  await linkVisible(directory, new Set([...payload.keys()].map(topOf)));
  if (current !== undefined) await rm(join(directory, current), { recursive: true, force: true });
}

async function writeOne(
  path: string,
  { content, mode, owner = 0 }: ProjectedFile,
  group = 0,
): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o755 });
  await writeFile(path, content);
  await chmod(path, mode);
  if (owner !== 0 || group !== 0) await chown(path, owner, group);
}

/** Links for new names, none for names that are gone. */
async function linkVisible(directory: string, names: ReadonlySet<string>): Promise<void> {
  const existing = (await readdir(directory)).filter((name) => !name.startsWith(".."));
  for (const name of existing) {
    if (!names.has(name)) await rm(join(directory, name), { recursive: true, force: true });
  }
  for (const name of names) {
    if (!existing.includes(name)) await symlink(join(DATA, name), join(directory, name));
  }
}

async function shows(directory: string, payload: Payload): Promise<boolean> {
  const files = await filesUnder(directory);
  if (files.length !== payload.size) return false;
  for (const path of files) {
    const wanted = payload.get(path);
    if (!wanted) return false;
    const { mode } = await stat(join(directory, path));
    if ((mode & 0o7777) !== wanted.mode) return false;
    if (!(await readFile(join(directory, path))).equals(wanted.content)) return false;
  }
  return true;
}

async function filesUnder(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(directory.length + 1));
}

async function linkTarget(path: string): Promise<string | undefined> {
  try {
    if (!(await lstat(path)).isSymbolicLink()) return undefined;
    const target = await readlink(path);
    await stat(path);
    return target;
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

function topOf(path: string): string {
  return path.split("/")[0] ?? path;
}

/** `2026_11_21_10_45_12`, kubelet's name for a generation of files. */
function stamp(now: Date): string {
  return now.toISOString().slice(0, 19).replace(/[-T:]/g, "_");
}
