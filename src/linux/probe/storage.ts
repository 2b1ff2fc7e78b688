import { accessSync, constants, existsSync, statfsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { explain } from "#lib/errors.ts";
import { type Finding, findingOf } from "./finding.ts";

/** Magic numbers of linux/magic.h. */
const FILE_SYSTEMS: ReadonlyMap<number, string> = new Map([
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
const LOST_AT_REBOOT = new Set(["tmpfs", "ramfs"]);
/** Without shared memory maps between processes, or without owners, rights and locks. */
const UNFIT = new Set(["nfs", "9p", "cifs", "vfat", "exfat", "squashfs"]);

const GIB = 1024 ** 3;
/** Less than that, and a pull of one image may fill it. */
const SPACE = { failedBytes: GIB / 4, noteBytes: 2 * GIB };

/** What the data directory lies on, or would: whether one can write there, what kind it is, the room. */
export function probeStorage(dataDirectory: string): readonly Finding[] {
  const place = existingPart(dataDirectory);
  return [probeDirectory(dataDirectory, place), probeSpace(place)];
}

/** The directory itself, or what exists of the path to it. */
export function existingPart(path: string): string {
  return existsSync(path) ? path : existingPart(dirname(path));
}

function probeDirectory(dataDirectory: string, place: string): Finding {
  const { ok, note, failed } = findingOf("data directory", "site");
  try {
    accessSync(place, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    return failed(explain(error), "Run edgesite as root, or choose another --data-dir");
  }
  if (!statSync(place).isDirectory()) {
    return failed(`${place} is no directory`, "Choose another --data-dir");
  }
  const { type } = statfsSync(place);
  const name = FILE_SYSTEMS.get(type) ?? `a file system of type 0x${type.toString(16)}`;
  const found = `${dataDirectory} on ${name}`;
  if (UNFIT.has(name)) return failed(found, "Choose a --data-dir on ext4, xfs or btrfs");
  if (LOST_AT_REBOOT.has(name)) {
    return note(found, "All is lost when the box restarts: choose a --data-dir on a disk");
  }
  return ok(found);
}

function probeSpace(place: string): Finding {
  const { ok, note, failed } = findingOf("free space", "site");
  const { bavail, bsize } = statfsSync(place);
  const bytes = bavail * bsize;
  const found = `${(bytes / GIB).toFixed(1)} GiB`;
  const advice = `Make room on ${place}, or choose another --data-dir`;
  if (bytes < SPACE.failedBytes) return failed(found, advice);
  return bytes < SPACE.noteBytes ? note(found, advice) : ok(found);
}
