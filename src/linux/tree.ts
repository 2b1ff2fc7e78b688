import { closeSync, constants, openSync, readdirSync } from "node:fs";
import { errorCode } from "#lib/errors.ts";
import { deviceNumber } from "./devices/number.ts";
import { OPEN_HOW_BYTES, openHow, RESOLVE } from "./open-beneath.ts";
import { stableBytes, systemCall } from "./system-call.ts";

const {
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NOFOLLOW,
  O_RDONLY,
  O_WRONLY,
  S_IFMT,
  S_IFCHR,
  S_IFDIR,
  S_IFREG,
} = constants;
const O_PATH = 0o10000000;
const O_CLOEXEC = 0o2000000;
const AT_SYMLINK_NOFOLLOW = 0x100;
const AT_REMOVEDIR = 0x200;
const STATX_BASIC_STATS = 0x7ff;
const STATX_BYTES = 256;
/** What a way fails with whose directories are yet to be made. */
const NO_DIRECTORY: ReadonlySet<string> = new Set(["ENOENT", "ENOTDIR"]);
/** Of directories that nobody describes. */
const IMPLIED_MODE = 0o755;

/** A name in an open directory. Valid until the tree's next call. */
export interface Place {
  readonly directory: number;
  readonly name: string;
  /** The whole path, for errors. */
  readonly path: string;
}

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

export interface FileTime {
  readonly seconds: number;
  readonly nanoseconds: number;
}

export interface Node {
  readonly mode: number;
  readonly major: number;
  readonly minor: number;
}

export interface FoundNode extends Node {
  readonly sizeBytes: number;
}

/**
 * A directory as if it were `/`: whatever names and links say, nothing outside of it is reached
 * (openat2(2) with RESOLVE_IN_ROOT for the way there, one name in an open directory for the act).
 * Names are byte strings, one character for each byte. All methods throw `SystemCallError`.
 */
export class Tree implements Disposable {
  readonly #root: number;
  /** The directory of the last place: archives go through them one after the other. */
  #last: { readonly path: string; readonly descriptor: number } | undefined;
  /** Called for a directory that is made on the way to a place. */
  onImplied: (place: Place) => void = () => undefined;

  constructor(root: string) {
    this.#root = openSync(root, O_RDONLY | O_DIRECTORY);
  }

  [Symbol.dispose](): void {
    this.#forget();
    closeSync(this.#root);
  }

  /** Where a path leads; the directories before its last name are made where they are missing. */
  place(path: string, options: { readonly make: boolean }): Place {
    const slash = path.lastIndexOf("/");
    const parent = slash < 0 ? "" : path.slice(0, slash);
    const directory = this.#directory(parent, options.make);
    return { directory, name: path.slice(slash + 1), path };
  }

  /** What stands at a place, links themselves. */
  find({ directory, name, path }: Place): FoundNode | undefined {
    const stat = stableBytes(STATX_BYTES);
    const what = `look at ${path}`;
    const args = [directory, cName(name), AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, stat];
    try {
      systemCall({ name: "statx", args, what });
    } catch (error) {
      if (errorCode(error) === "ENOENT") return undefined;
      throw error;
    }
    return {
      mode: stat.readUInt16LE(28),
      sizeBytes: Number(stat.readBigUInt64LE(40)),
      major: stat.readUInt32LE(128),
      minor: stat.readUInt32LE(132),
    };
  }

  /** A new file, open for writing; the caller closes the descriptor. */
  createFile({ directory, name, path }: Place): number {
    const flags = O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC;
    const what = `make ${path}`;
    return systemCall({ name: "openat", args: [directory, cName(name), flags, 0o600], what });
  }

  /** A file that is there, open for reading; the caller closes the descriptor. */
  openFile({ directory, name, path }: Place): number {
    const flags = O_RDONLY | O_NOFOLLOW | O_CLOEXEC;
    return systemCall({
      name: "openat",
      args: [directory, cName(name), flags, 0],
      what: `open ${path}`,
    });
  }

  makeDirectory({ directory, name, path }: Place): void {
    const what = `make the directory ${path}`;
    systemCall({ name: "mkdirat", args: [directory, cName(name), IMPLIED_MODE], what });
  }

  /** A device, a fifo or a socket, by the type in `mode`. */
  makeNode({ directory, name, path }: Place, { mode, major, minor }: Node): void {
    const args = [directory, cName(name), mode, deviceNumber({ major, minor })];
    systemCall({ name: "mknodat", args, what: `make the device ${path}` });
  }

  makeSymlink({ directory, name, path }: Place, target: string): void {
    const what = `make the link ${path}`;
    systemCall({ name: "symlinkat", args: [cName(target), directory, cName(name)], what });
  }

  /** One more name for what `target` is, a symbolic link too. */
  makeLink(place: Place, target: string): void {
    const slash = target.lastIndexOf("/");
    const parent = this.#open(slash < 0 ? "." : target.slice(0, slash), O_PATH | O_DIRECTORY);
    try {
      const from = cName(target.slice(slash + 1));
      const args = [parent, from, place.directory, cName(place.name), 0];
      systemCall({ name: "linkat", args, what: `link ${place.path} to ${target}` });
    } finally {
      closeSync(parent);
    }
  }

  /** Moves what stands at a place to a name in another directory. */
  moveAway(
    { directory, name, path }: Place,
    to: { readonly directory: number; readonly name: string },
  ): void {
    const args = [directory, cName(name), to.directory, cName(to.name), 0];
    systemCall({ name: "renameat2", args, what: `move ${path} away` });
  }

  setOwner({ directory, name, path }: Place, { uid, gid }: Owner): void {
    const args = [directory, cName(name), uid, gid, AT_SYMLINK_NOFOLLOW];
    systemCall({ name: "fchownat", args, what: `change the owner of ${path}` });
  }

  /** Not for links, which have no mode. */
  setMode({ directory, name, path }: Place, mode: number): void {
    const what = `change the mode of ${path}`;
    systemCall({ name: "fchmodat", args: [directory, cName(name), mode, 0], what });
  }

  setTime({ directory, name, path }: Place, time: FileTime): void {
    const times = stableBytes(32);
    for (const offset of [0, 16]) {
      times.writeBigInt64LE(BigInt(time.seconds), offset);
      times.writeBigInt64LE(BigInt(time.nanoseconds), offset + 8);
    }
    const args = [directory, cName(name), times, AT_SYMLINK_NOFOLLOW];
    systemCall({ name: "utimensat", args, what: `change the time of ${path}` });
  }

  setAttribute(place: Place, name: string, value: Uint8Array): void {
    const { directory, path } = place;
    const flags = O_PATH | O_NOFOLLOW | O_CLOEXEC;
    const what = `open ${path}`;
    const descriptor = systemCall({
      name: "openat",
      args: [directory, cName(place.name), flags, 0],
      what,
    });
    try {
      const bytes = stableBytes(value.length);
      bytes.set(value);
      // A descriptor that is only a place takes no attribute; the kernel's own link to it does.
      const self = cName(`/proc/self/fd/${descriptor}`);
      const args = [self, cName(name), bytes, value.length, 0];
      systemCall({ name: "setxattr", args, what: `set ${name} of ${path}` });
    } finally {
      closeSync(descriptor);
    }
  }

  /** The place of the tree's own directory: `.` in itself. */
  get root(): Place {
    return { directory: this.#root, name: ".", path: "/" };
  }

  /** Removes what stands at a place, a directory with all that is in it. */
  remove(place: Place): void {
    removeNode(place);
  }

  /** Once it returns, what the file system of this tree holds outlives a power cut. */
  sync(): void {
    systemCall({ name: "syncfs", args: [this.#root], what: "write the file system to its disk" });
  }

  #forget(): void {
    if (this.#last) closeSync(this.#last.descriptor);
    this.#last = undefined;
  }

  #directory(path: string, make: boolean): number {
    if (this.#last?.path === path) return this.#last.descriptor;
    const descriptor = this.#openDirectory(path, make);
    this.#forget();
    this.#last = { path, descriptor };
    return descriptor;
  }

  #openDirectory(path: string, make: boolean): number {
    const flags = O_PATH | O_DIRECTORY;
    try {
      return this.#open(path === "" ? "." : path, flags);
    } catch (error) {
      if (!make || !NO_DIRECTORY.has(errorCode(error) ?? "")) throw error;
    }
    this.#makeImplied(path);
    return this.#open(path, flags);
  }

  /** Makes a directory on the way, and those before it. */
  #makeImplied(path: string): void {
    const slash = path.lastIndexOf("/");
    const directory = this.#openDirectory(slash < 0 ? "" : path.slice(0, slash), true);
    try {
      const place = { directory, name: path.slice(slash + 1), path };
      const found = this.find(place);
      if (found && isWhiteoutNode(found)) removeNode(place);
      this.makeDirectory(place);
      this.onImplied(place);
      if (found) this.setAttribute(place, OPAQUE, Buffer.from("y"));
    } finally {
      closeSync(directory);
    }
  }

  #open(path: string, flags: number): number {
    const how = openHow({
      flags: flags | O_CLOEXEC,
      resolve: RESOLVE.inRoot | RESOLVE.noMagicLinks,
    });
    const args = [this.#root, cName(path), how, OPEN_HOW_BYTES];
    return systemCall({ name: "openat2", args, what: `open ${path}` });
  }
}

/** Makes overlay show nothing of the same directory in the layers below. */
export const OPAQUE = "trusted.overlay.opaque";

/** Overlay's sign that a name of the layers below is gone: a character device 0:0. */
export const WHITEOUT: Node = { mode: S_IFCHR, major: 0, minor: 0 };

export function isWhiteoutNode({ mode, major, minor }: Node): boolean {
  return (mode & S_IFMT) === S_IFCHR && major === 0 && minor === 0;
}

export function isDirectoryNode({ mode }: Node): boolean {
  return (mode & S_IFMT) === S_IFDIR;
}

export function isFileNode({ mode }: Node): boolean {
  return (mode & S_IFMT) === S_IFREG;
}

function removeNode({ directory, name, path }: Place): void {
  const what = `remove ${path}`;
  try {
    systemCall({ name: "unlinkat", args: [directory, cName(name), 0], what });
    return;
  } catch (error) {
    if (errorCode(error) !== "EISDIR") throw error;
  }
  const flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  const inner = systemCall({ name: "openat", args: [directory, cName(name), flags, 0], what });
  try {
    for (const child of readdirSync(`/proc/self/fd/${inner}`, { encoding: "latin1" })) {
      removeNode({ directory: inner, name: child, path: `${path}/${child}` });
    }
  } finally {
    closeSync(inner);
  }
  systemCall({ name: "unlinkat", args: [directory, cName(name), AT_REMOVEDIR], what });
}

/** A name as C reads it: a byte string, one character for each byte. */
export function cName(name: string): Buffer {
  const bytes = stableBytes(name.length + 1);
  bytes.write(name, "latin1");
  return bytes;
}
