import { mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { mountOverlay, unmount } from "../mount.ts";

/**
 * Mounts an overlay whose layers lie in `place`, in the mount namespace of the calling thread, and
 * does in it what needs the most of the file system below: removing, and making anew, which leave
 * devices and trusted attributes there. Nothing stays.
 * @throws {SystemCallError} when the kernel or the file system cannot.
 */
export function tryOverlay(place: string): void {
  const folder = mkdtempSync(join(place, ".edgesite-check-"));
  try {
    const make = (name: string): string => {
      mkdirSync(join(folder, name));
      return join(folder, name);
    };
    const [lower, upper, work, merged] = [
      make("lower"),
      make("upper"),
      make("work"),
      make("merged"),
    ];
    mkdirSync(join(lower, "directory"));
    writeFileSync(join(lower, "file"), "below");
    mountOverlay(merged, { lower: [lower], upper, work });
    try {
      rmSync(join(merged, "file"));
      rmdirSync(join(merged, "directory"));
      mkdirSync(join(merged, "directory"));
      writeFileSync(join(merged, "file"), "above");
      readFileSync(join(upper, "file"));
    } finally {
      unmount(merged);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}
