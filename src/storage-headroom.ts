import { type StatsFs, statfsSync } from "node:fs";
import { errorCode, explain } from "#lib/errors.ts";

/** Below it the next write of the database may fail: a growth of its log, and one large object. */
const MIN_FREE_BYTES = 4 << 20;
const MIN_FREE_INODES = 16;

/** What is wrong with the disk that a directory lies on, or its room; undefined while there is enough. */
export function storageProblem(directory: string): string | undefined {
  let room: StatsFs;
  try {
    room = statfsSync(directory);
  } catch (error) {
    return errorCode(error) === "ENOENT"
      ? `${directory} was removed: all objects are lost when edgesite stops. Save them first, with kubectl get -o yaml`
      : `the disk of ${directory} cannot be looked at: ${explain(error)}`;
  }
  return roomProblem(directory, room);
}

function roomProblem(
  directory: string,
  { bavail, bsize, files, ffree }: StatsFs,
): string | undefined {
  const freeBytes = bavail * bsize;
  if (freeBytes < MIN_FREE_BYTES) {
    return `the disk of ${directory} is full, ${Math.floor(freeBytes / 1024)} KiB are free. Make room there`;
  }
  // File systems that have as many as they want say 0.
  if (files > 0 && ffree < MIN_FREE_INODES) {
    return `the disk of ${directory} has no inodes left. Remove files there`;
  }
  return undefined;
}
