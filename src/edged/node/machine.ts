import { readFile, statfs } from "node:fs/promises";
import { arch, availableParallelism, hostname, release } from "node:os";
import { errorCode } from "#lib/errors.ts";

/** What does not change while a machine runs. */
export interface MachineFacts {
  readonly hostname: string;
  /** Go's name: `amd64`, `arm64`. */
  readonly architecture: string;
  readonly kernelVersion: string;
  readonly osImage: string;
  readonly machineID: string;
  readonly systemUUID: string;
  readonly bootID: string;
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly storageBytes: number;
}

/** How much of what is scarce is left. */
export interface Headroom {
  readonly memoryAvailableBytes: number;
  readonly storageAvailableShare: number;
  readonly inodesAvailableShare: number;
  readonly pidsAvailableShare: number;
}

const MEMORY_LIMIT_FILES = [
  "/sys/fs/cgroup/memory.max",
  "/sys/fs/cgroup/memory/memory.limit_in_bytes",
];

/** Measures the machine; `directory` is on the file system that pods write to. */
export async function machineFacts(directory: string): Promise<MachineFacts> {
  const [meminfo, storage] = await Promise.all([readMeminfo(), statfs(directory)]);
  const limits = await Promise.all(MEMORY_LIMIT_FILES.map((path) => textOf(path)));
  const memoryLimits = limits.map(Number).filter((limit) => limit > 0);
  return {
    hostname: hostname(),
    architecture: arch() === "x64" ? "amd64" : arch(),
    kernelVersion: release(),
    osImage: osImage(await textOf("/etc/os-release")),
    machineID: await textOf("/etc/machine-id"),
    systemUUID: await textOf("/sys/class/dmi/id/product_uuid"),
    bootID: await textOf("/proc/sys/kernel/random/boot_id"),
    cpus: availableParallelism(),
    memoryBytes: Math.min(meminfo("MemTotal"), ...memoryLimits),
    storageBytes: storage.blocks * storage.bsize,
  };
}

/** How much is left now; cheap enough to ask every few seconds. */
export async function headroom(directory: string): Promise<Headroom> {
  const [meminfo, storage, pidMax, loadavg] = await Promise.all([
    readMeminfo(),
    statfs(directory),
    textOf("/proc/sys/kernel/pid_max"),
    textOf("/proc/loadavg"),
  ]);
  const threads = Number(loadavg.split(" ")[3]?.split("/")[1] ?? 0);
  return {
    memoryAvailableBytes: meminfo("MemAvailable"),
    storageAvailableShare: storage.bavail / storage.blocks,
    inodesAvailableShare: storage.files === 0 ? 1 : storage.ffree / storage.files,
    pidsAvailableShare: 1 - threads / Number(pidMax || 32_768),
  };
}

async function readMeminfo(): Promise<(name: string) => number> {
  const text = await readFile("/proc/meminfo", "utf8");
  return (name) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(text)?.[1] ?? 0) * 1024;
}

function osImage(release: string): string {
  return /^PRETTY_NAME="?(.*?)"?$/m.exec(release)?.[1] ?? "Linux";
}

/** A one-line file without its end; empty where it cannot be read. */
async function textOf(path: string): Promise<string> {
  try {
    return (await readFile(path, "utf8")).trim();
  } catch (error) {
    if (errorCode(error) !== undefined) return "";
    throw error;
  }
}
