import { readFile } from "node:fs/promises";
import { errorCode } from "#lib/errors.ts";

/** What the processes of a cgroup have used. */
export interface CgroupUsage {
  /** CPU time since the cgroup was made. */
  readonly cpuNanoseconds: number;
  /** All that counts against its limit. */
  readonly memoryBytes: number;
  /** The part that cannot be given back at once: without the pages of files that nobody uses. */
  readonly workingSetBytes: number;
}

const ROOT = "/sys/fs/cgroup";
const NANOSECONDS_PER_MICROSECOND = 1000;

/** The usage of the cgroup that a process is in, v1 or v2; `undefined` where the process is gone. */
export async function cgroupUsage(pid: number): Promise<CgroupUsage | undefined> {
  const lines = (await text(`/proc/${pid}/cgroup`))?.split("\n");
  if (lines === undefined) return undefined;
  const paths = new Map(
    lines.flatMap((line) => {
      const [, controllers = "", path = ""] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
      return controllers.split(",").map((controller) => [controller, path] as const);
    }),
  );
  const memory = paths.get("memory");
  const cpu = paths.get("cpuacct");
  return memory === undefined || cpu === undefined
    ? await unifiedUsage(`${ROOT}${paths.get("") ?? ""}`)
    : await usageV1(`${ROOT}/memory${memory}`, `${ROOT}/cpuacct${cpu}`);
}

async function unifiedUsage(path: string): Promise<CgroupUsage | undefined> {
  const [cpu, current, stat] = await Promise.all([
    text(`${path}/cpu.stat`),
    text(`${path}/memory.current`),
    text(`${path}/memory.stat`),
  ]);
  if (cpu === undefined || current === undefined || stat === undefined) return undefined;
  return {
    cpuNanoseconds: field(cpu, "usage_usec") * NANOSECONDS_PER_MICROSECOND,
    ...memoryOf(Number(current), field(stat, "inactive_file")),
  };
}

async function usageV1(memory: string, cpu: string): Promise<CgroupUsage | undefined> {
  const [used, current, stat] = await Promise.all([
    text(`${cpu}/cpuacct.usage`),
    text(`${memory}/memory.usage_in_bytes`),
    text(`${memory}/memory.stat`),
  ]);
  if (used === undefined || current === undefined || stat === undefined) return undefined;
  return {
    cpuNanoseconds: Number(used),
    ...memoryOf(Number(current), field(stat, "total_inactive_file")),
  };
}

function memoryOf(memoryBytes: number, inactiveBytes: number): Omit<CgroupUsage, "cpuNanoseconds"> {
  return { memoryBytes, workingSetBytes: Math.max(0, memoryBytes - inactiveBytes) };
}

function field(stat: string, name: string): number {
  return Number(new RegExp(`^${name} (\\d+)$`, "m").exec(stat)?.[1] ?? 0);
}

async function text(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, "utf8")).trim();
  } catch (error) {
    if (errorCode(error) !== undefined) return undefined;
    throw error;
  }
}
