import { statfsSync } from "node:fs";

/** Below it the next write of the database may fail: a growth of its log, and one large object. */
const MIN_FREE_BYTES = 4 << 20;
const MIN_FREE_INODES = 16;

/** What is wrong with the room on the disk that a directory lies on; undefined while there is enough. */
export function storageProblem(directory: string): string | undefined {
  const { bavail, bsize, files, ffree } = statfsSync(directory);
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
