import { accessSync, constants, existsSync, statfsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { explain } from "#lib/errors.ts";
import { fileSystemName } from "../file-system.ts";
import { type Finding, findingOf } from "./finding.ts";

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
  const name = fileSystemName(statfsSync(place).type);
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
