import { readFileSync } from "node:fs";
import { check, cString, libc, SystemCallError } from "./libc.ts";
import { parseMountInfo } from "./mount-info.ts";

const MS_NOSUID = 2;
const MS_NODEV = 4;
const MS_REC = 0x4000;
const MS_PRIVATE = 1 << 18;
/** Takes the mount out of the tree at once and frees it when its last user is gone. */
const MNT_DETACH = 2;

export interface TmpfsOptions {
  /** What it may hold. Absent: the kernel's default, half of the memory. */
  readonly sizeBytes?: number;
  /** Permissions of its root. Default 0o777, as kubelet gives an emptyDir. */
  readonly mode?: number;
}

/** Mounts a file system in memory on the directory `path`. */
export function mountTmpfs(path: string, { sizeBytes, mode = 0o777 }: TmpfsOptions = {}): void {
  const size = sizeBytes === undefined ? "" : `,size=${sizeBytes}`;
  const type = cString("tmpfs");
  const data = cString(`mode=${mode.toString(8)}${size}`);
  check(
    libc.mount(type, cString(path), type, MS_NOSUID | MS_NODEV, data),
    `mount a tmpfs on ${path}`,
  );
}

export interface Overlay {
  /** Read, never written; the first lies above the others. */
  readonly lower: readonly string[];
  /** What is written goes there. */
  readonly upper: string;
  /** An empty directory beside `upper`, of the kernel's. */
  readonly work: string;
}

/** Mounts directories on top of each other on the directory `path`. Their paths have no `:` and `,`. */
export function mountOverlay(path: string, { lower, upper, work }: Overlay): void {
  const type = cString("overlay");
  const data = cString(`lowerdir=${lower.join(":")},upperdir=${upper},workdir=${work}`);
  check(libc.mount(type, cString(path), type, 0, data), `mount an overlay on ${path}`);
}

/** What is mounted from now on in this mount namespace is seen in no other, and the reverse. */
export function makeMountsPrivate(): void {
  const none = cString("none");
  check(
    libc.mount(none, cString("/"), none, MS_PRIVATE | MS_REC, none),
    "make the mounts of the namespace private",
  );
}

/** Takes off what is mounted on `path`, busy or not. Nothing mounted there is fine. */
export function unmount(path: string): void {
  try {
    check(libc.umount2(cString(path), MNT_DETACH), `unmount ${path}`);
  } catch (error) {
    if (error instanceof SystemCallError && ["EINVAL", "ENOENT"].includes(error.code)) return;
    throw error;
  }
}

/** Takes off all that is mounted below a directory, by whomever, the deepest first. */
export function unmountBelow(directory: string): void {
  const points = parseMountInfo(readFileSync("/proc/self/mountinfo", "utf8"))
    .map(({ mountPoint }) => mountPoint)
    .filter((point) => point.startsWith(`${directory}/`));
  for (const point of points.toReversed()) unmount(point);
}
