import { readFile } from "node:fs/promises";
import { type CgroupUsage, cgroupUsage } from "#linux/cgroups/usage.ts";
import { liveSandbox } from "../pod/observed.ts";
import { refOf } from "../pod/pod-runner.ts";
import type { PodWorker } from "../pod/pod-worker.ts";
import type { PodRef, RuntimeContainer } from "../runtime/types.ts";

/** A pod of this node, and what the runtime has of it. */
export type RunningPod = Pick<PodWorker, "pod" | "observed">;

export interface ContainerUsage extends CgroupUsage {
  readonly name: string;
  readonly startedAt: Date;
}

export interface PodUsage extends CgroupUsage {
  readonly pod: PodRef;
  readonly startedAt: Date;
  readonly containers: readonly ContainerUsage[];
}

export interface NodeUsage extends CgroupUsage {
  readonly startedAt: Date;
  readonly availableBytes: number;
}

/** What this node and its pods use, at one moment. */
export interface Usage {
  readonly at: Date;
  readonly node: NodeUsage;
  readonly pods: readonly PodUsage[];
}

/** Of `/proc/stat`: the kernel counts in hundredths of a second for everybody. */
const NANOSECONDS_PER_TICK = 10_000_000;

/** Measures the node, and every pod of it that runs. */
export async function measure(workers: readonly RunningPod[], now: Date): Promise<Usage> {
  const [node, ...pods] = await Promise.all([measureNode(), ...workers.map(measurePod)]);
  return { at: now, node, pods: pods.flatMap((pod) => pod ?? []) };
}

async function measurePod({ pod, observed }: RunningPod): Promise<PodUsage | undefined> {
  const sandbox = liveSandbox(observed);
  if (sandbox === undefined) return undefined;
  const running = observed.containers.filter(({ state }) => state === "running");
  const measured = await Promise.all(running.map(measureContainer));
  const containers = measured.flatMap((one) => one ?? []);
  return { pod: refOf(pod), startedAt: sandbox.createdAt, containers, ...sumOf(containers) };
}

async function measureContainer({
  name,
  pid,
  startedAt,
  createdAt,
}: RuntimeContainer): Promise<ContainerUsage | undefined> {
  const usage = pid === undefined ? undefined : cgroupUsage(pid);
  return usage && { name, startedAt: startedAt ?? createdAt, ...usage };
}

function sumOf(all: readonly CgroupUsage[]): CgroupUsage {
  const sum = (pick: (one: CgroupUsage) => number): number =>
    all.reduce((total, one) => total + pick(one), 0);
  return {
    cpuNanoseconds: sum(({ cpuNanoseconds }) => cpuNanoseconds),
    memoryBytes: sum(({ memoryBytes }) => memoryBytes),
    workingSetBytes: sum(({ workingSetBytes }) => workingSetBytes),
  };
}

async function measureNode(): Promise<NodeUsage> {
  const [stat, meminfo] = await Promise.all([
    readFile("/proc/stat", "utf8"),
    readFile("/proc/meminfo", "utf8"),
  ]);
  const bytes = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(meminfo)?.[1] ?? 0) * 1024;
  // user nice system idle iowait irq softirq
  const ticks = (/^cpu +(.*)$/m.exec(stat)?.[1] ?? "").split(" ").map(Number);
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = ticks;
  const startedAt = new Date(Number(/^btime (\d+)$/m.exec(stat)?.[1] ?? 0) * 1000);
  return {
    startedAt,
    cpuNanoseconds: (user + nice + system + irq + softirq) * NANOSECONDS_PER_TICK,
    memoryBytes: bytes("MemTotal") - bytes("MemFree"),
    workingSetBytes: bytes("MemTotal") - bytes("MemAvailable"),
    availableBytes: bytes("MemAvailable"),
  };
}
