import { join } from "node:path";
import { readControl } from "./control-file.ts";
import { type CgroupLayout, detectCgroups } from "./layout.ts";

/** What the processes of a cgroup have used. */
export interface CgroupUsage {
  /** CPU time since the cgroup was made. */
  readonly cpuNanoseconds: number;
  /** All that counts against its limit. */
  readonly memoryBytes: number;
  /** The part that cannot be given back at once: without the pages of files that nobody uses. */
  readonly workingSetBytes: number;
}

const NANOSECONDS_PER_MICROSECOND = 1000;

/** The usage of the cgroup that a process is in, v1 or v2; `undefined` where the process is gone. */
export function cgroupUsage(
  pid: number,
  layout: CgroupLayout = detectCgroups(),
): CgroupUsage | undefined {
  const text = readControl(`/proc/${pid}/cgroup`);
  if (text === undefined) return undefined;
  const paths = cgroupPaths(text);
  return usageIn((controller) => {
    const hierarchy = layout.hierarchies.find(({ controllers }) =>
      controllers.includes(controller),
    );
    const path = paths.get(hierarchy?.version === 2 ? "" : controller);
    return hierarchy && path && join(hierarchy.mountPoint, path);
  });
}

/** The lines of /proc/PID/cgroup: the path by controller, `""` for version 2 (cgroups(7)). */
export function cgroupPaths(text: string): ReadonlyMap<string, string> {
  return new Map(
    [...text.matchAll(/^\d+:([^:]*):(.+)$/gm)].flatMap(([, controllers = "", path = ""]) =>
      controllers.split(",").map((controller) => [controller, path] as const),
    ),
  );
}

/**
 * The usage of a cgroup, where `directoryOf` tells which directory has a controller's files;
 * `undefined` when it is gone.
 */
export function usageIn(
  directoryOf: (controller: string) => string | undefined,
): CgroupUsage | undefined {
  const cpu = cpuNanoseconds(directoryOf);
  const memory = directoryOf("memory");
  if (memory === undefined || cpu === undefined) return undefined;
  const current =
    readControl(join(memory, "memory.current")) ??
    readControl(join(memory, "memory.usage_in_bytes"));
  const stat = readControl(join(memory, "memory.stat"));
  if (current === undefined || stat === undefined) return undefined;
  const memoryBytes = Number(current);
  const inactive = field(stat, "total_inactive_file") ?? field(stat, "inactive_file") ?? 0;
  return { cpuNanoseconds: cpu, memoryBytes, workingSetBytes: Math.max(0, memoryBytes - inactive) };
}

function cpuNanoseconds(directoryOf: (controller: string) => string | undefined) {
  const legacy = directoryOf("cpuacct");
  if (legacy !== undefined) {
    const used = readControl(join(legacy, "cpuacct.usage"));
    return used === undefined ? undefined : Number(used);
  }
  const unified = directoryOf("cpu");
  const used = unified && field(readControl(join(unified, "cpu.stat")) ?? "", "usage_usec");
  return typeof used === "number" ? used * NANOSECONDS_PER_MICROSECOND : undefined;
}

function field(stat: string, name: string): number | undefined {
  const value = new RegExp(`^${name} (\\d+)$`, "m").exec(stat)?.[1];
  return value === undefined ? undefined : Number(value);
}
