import { lstat } from "node:fs/promises";
import { errorCode } from "#lib/errors.ts";
import type { KernelPaths } from "./program/proc-and-sys.ts";

/** What tells of the host or lets change it: Docker's masked paths. */
const HIDDEN = [
  "/proc/acpi",
  "/proc/asound",
  "/proc/interrupts",
  "/proc/kcore",
  "/proc/keys",
  "/proc/latency_stats",
  "/proc/sched_debug",
  "/proc/scsi",
  "/proc/timer_list",
  "/proc/timer_stats",
  "/sys/devices/virtual/powercap",
  "/sys/firmware",
];
/** Docker's read-only paths. */
const FROZEN = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

/** Those of the guarded paths that the running kernel has; every container's are the same. */
export async function kernelPaths(): Promise<KernelPaths> {
  const [hidden, frozen] = await Promise.all([found(HIDDEN), found(FROZEN)]);
  return { hidden, frozen: frozen.map(({ path }) => path) };
}

async function found(paths: readonly string[]) {
  const all = await Promise.all(
    paths.map(async (path) => {
      try {
        return [{ path, directory: (await lstat(path)).isDirectory() }];
      } catch (error) {
        if (errorCode(error) === "ENOENT") return [];
        throw error;
      }
    }),
  );
  return all.flat();
}
