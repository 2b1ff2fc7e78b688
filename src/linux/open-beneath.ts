import { closeSync, constants, fchmodSync } from "node:fs";
import { SystemCallError } from "./libc.ts";
import { stableBytes, stableCString, systemCall } from "./system-call.ts";

const O_CLOEXEC = 0o2000000;
const O_PATH = 0o10000000;

/** How openat2(2) walks a path; the numbers are the kernel's RESOLVE_* (linux/openat2.h). */
export const RESOLVE = {
  noMountPoints: 0x01,
  /** No links of /proc, which lead anywhere. */
  noMagicLinks: 0x02,
  noLinks: 0x04,
  /** Not out of the directory: neither `..` nor a link nor an absolute path. */
  beneath: 0x08,
  /** The directory is `/` for the whole path, as after chroot(2). */
  inRoot: 0x10,
} as const;

/** Bytes of `struct open_how`, which openat2 wants the size of. */
export const OPEN_HOW_BYTES = 24;

export interface OpenHow {
  /** O_* of open(2). */
  readonly flags: number;
  /** Of a file that is made. Default 0. */
  readonly mode?: number;
  /** Sum of RESOLVE. */
  readonly resolve: number;
}

/** A path below an open directory. */
export interface PathBeneath {
  /** The descriptor of a directory. */
  readonly directory: number;
  readonly path: string;
}

/** `struct open_how`. */
export function openHow({ flags, mode = 0, resolve }: OpenHow): Buffer {
  const bytes = stableBytes(OPEN_HOW_BYTES);
  bytes.writeBigUInt64LE(BigInt(flags), 0);
  bytes.writeBigUInt64LE(BigInt(mode), 8);
  bytes.writeBigUInt64LE(BigInt(resolve), 16);
  return bytes;
}

/**
 * Opens what is already there below a directory, and answers its descriptor, which the caller
 * closes. By default only as a place in the tree (O_PATH), and wherever links lead, never outside.
 * @throws {SystemCallError} EXDEV or ELOOP when the path would leave the directory.
 */
export function openBeneath(
  { directory, path }: PathBeneath,
  { flags, mode, resolve }: Partial<OpenHow> = {},
): number {
  const how = openHow({
    flags: (flags ?? O_PATH) | O_CLOEXEC,
    resolve: resolve ?? RESOLVE.beneath | RESOLVE.noMagicLinks,
    ...(mode !== undefined && { mode }),
  });
  return systemCall({
    name: "openat2",
    args: [directory, stableCString(path), how, OPEN_HOW_BYTES],
    what: `open ${path} beneath its directory`,
  });
}

/**
 * Opens an absolute path in which no part is a link, as a place in the tree: a path that was
 * resolved before, and that somebody may have put a link into meanwhile.
 */
export function openWithoutLinks(path: string): number {
  const resolve = RESOLVE.noLinks | RESOLVE.noMagicLinks;
  return openBeneath({ directory: AT_FDCWD, path }, { resolve });
}

const AT_FDCWD = -100;

export interface MakeDirectories {
  /** Of each directory that is made, whatever the umask is. */
  readonly mode: number;
  /** Whether links that stay beneath the directory may be followed. Default: yes. */
  readonly followLinks?: boolean;
}

/**
 * Opens a directory beneath another one, and makes what is missing of its path (a leading slash says
 * nothing). Answers the descriptor (open for reading), which the caller closes.
 * @throws {SystemCallError} EXDEV or ELOOP when the path would leave the directory, ENOTDIR or
 *   EEXIST when something else (a dangling link too) is in the way.
 */
export function makeDirectoriesBeneath(
  { directory, path }: PathBeneath,
  { mode, followLinks = true }: MakeDirectories,
): number {
  const how = {
    flags: constants.O_RDONLY | constants.O_DIRECTORY,
    resolve: RESOLVE.beneath | RESOLVE.noMagicLinks | (followLinks ? 0 : RESOLVE.noLinks),
  };
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  let parent = openBeneath({ directory, path: "." }, how);
  for (const [index, part] of parts.entries()) {
    // From the top each time: a link may lead through a directory above.
    const prefix = parts.slice(0, index + 1).join("/");
    try {
      const next = openExisting({ directory, path: prefix }, how);
      const found = next ?? makeDirectory({ directory: parent, path: part }, mode);
      closeSync(parent);
      parent = found;
    } catch (error) {
      closeSync(parent);
      throw error;
    }
  }
  return parent;
}

function openExisting(path: PathBeneath, how: OpenHow): number | undefined {
  try {
    return openBeneath(path, how);
  } catch (error) {
    if (error instanceof SystemCallError && error.code === "ENOENT") return undefined;
    throw error;
  }
}

function makeDirectory(path: PathBeneath, mode: number): number {
  systemCall({
    name: "mkdirat",
    args: [path.directory, stableCString(path.path), 0o700],
    what: `make the directory ${path.path}`,
  });
  const made = openBeneath(path, {
    flags: constants.O_RDONLY | constants.O_DIRECTORY,
    resolve: RESOLVE.beneath | RESOLVE.noLinks,
  });
  try {
    fchmodSync(made, mode);
    return made;
  } catch (error) {
    closeSync(made);
    throw error;
  }
}
