import { closeSync } from "node:fs";
import { errorCode } from "#lib/errors.ts";
import { cString } from "./libc.ts";
import { systemCall } from "./system-call.ts";

const FSOPEN_CLOEXEC = 1;
/** Magic numbers of linux/magic.h. */
const NAMES: ReadonlyMap<number, string> = new Map([
  [0xef53, "ext4"],
  [0x58465342, "xfs"],
  [0x9123683e, "btrfs"],
  [0xf2f52010, "f2fs"],
  [0x2fc12fc1, "zfs"],
  [0x24051905, "ubifs"],
  [0x794c7630, "overlay"],
  [0x01021994, "tmpfs"],
  [0x858458f6, "ramfs"],
  [0x73717368, "squashfs"],
  [0x6969, "nfs"],
  [0x01021997, "9p"],
  [0xff534d42, "cifs"],
  [0x65735546, "fuse"],
  [0x4d44, "vfat"],
  [0x2011bab0, "exfat"],
]);

/** Whether the kernel has a kind of file system, `overlay`; it loads the module where there is one. */
export function hasFileSystem(kind: string): boolean {
  const args = [cString(kind), FSOPEN_CLOEXEC];
  try {
    closeSync(systemCall({ name: "fsopen", args, what: `ask the kernel for ${kind}` }));
    return true;
  } catch (error) {
    if (errorCode(error) === "ENODEV") return false;
    throw error;
  }
}

/** What statfs(2) has as a type, by its name: `ext4`, or `a file system of type 0x…`. */
export function fileSystemName(type: number): string {
  return NAMES.get(type) ?? `a file system of type 0x${type.toString(16)}`;
}
