import { readdirSync, readFileSync } from "node:fs";

/** USER_HZ: the unit of the times in /proc, the same on every Linux that Bun runs on. */
const TICK_MS = 10;
const MIB = 1024 * 1024;

/** What processes use, added up. */
export interface Usage {
  readonly rssMiB: number;
  /** Like RSS, with shared pages divided among those who share them. */
  readonly pssMiB: number;
  readonly cpuMs: number;
  /** Bytes that had to go to a disk. */
  readonly writtenBytes: number;
}

/** What a process and all its descendants use; some of them may end meanwhile. */
export function usageOf(pid: number): Usage {
  const parents = parentsOfAll();
  const members = new Set([pid]);
  for (let before = 0; before < members.size; ) {
    before = members.size;
    for (const [child, parent] of parents) if (members.has(parent)) members.add(child);
  }
  return [...members].map(usageOfOne).reduce(add, NOTHING);
}

/** What some processes and their descendants use together. */
export function usageOfAll(pids: readonly number[]): Usage {
  return pids.map(usageOf).reduce(add, NOTHING);
}

/** What some processes use together, without their descendants. */
export function usageOfThese(pids: readonly number[]): Usage {
  return pids.map(usageOfOne).reduce(add, NOTHING);
}

const NOTHING: Usage = { rssMiB: 0, pssMiB: 0, cpuMs: 0, writtenBytes: 0 };

function add(a: Usage, b: Usage): Usage {
  return {
    rssMiB: a.rssMiB + b.rssMiB,
    pssMiB: a.pssMiB + b.pssMiB,
    cpuMs: a.cpuMs + b.cpuMs,
    writtenBytes: a.writtenBytes + b.writtenBytes,
  };
}

/** Percent of one core between two looks, `elapsedMs` apart. */
export function cpuPercent(before: Usage, after: Usage, elapsedMs: number): number {
  return ((after.cpuMs - before.cpuMs) / elapsedMs) * 100;
}

function usageOfOne(pid: number): Usage {
  const memory = read(`/proc/${pid}/smaps_rollup`);
  return {
    rssMiB: (field(memory, "Rss") * 1024) / MIB,
    pssMiB: (field(memory, "Pss") * 1024) / MIB,
    cpuMs: cpuMs(pid),
    writtenBytes: field(read(`/proc/${pid}/io`), "write_bytes"),
  };
}

function cpuMs(pid: number): number {
  const [utime = 0, stime = 0] = statFields(pid).slice(11, 13).map(Number);
  return (utime + stime) * TICK_MS;
}

function parentsOfAll(): readonly (readonly [child: number, parent: number])[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.map((name) => [Number(name), Number(statFields(Number(name))[1])] as const);
}

/** The fields of /proc/PID/stat after the name, which may hold anything: state, parent, … */
function statFields(pid: number): string[] {
  const text = read(`/proc/${pid}/stat`);
  return text.slice(text.lastIndexOf(")") + 2).split(" ");
}

function field(text: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(text)?.[1] ?? 0);
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
