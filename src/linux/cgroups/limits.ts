/** A rate that a block device is held to. */
export interface IoMaximum {
  readonly major: number;
  readonly minor: number;
  readonly readBytesPerSecond?: number;
  readonly writeBytesPerSecond?: number;
  readonly readsPerSecond?: number;
  readonly writesPerSecond?: number;
}

/** What the processes of a cgroup may use together. What is absent is not limited. */
export interface CgroupLimits {
  /** Weight among those that want CPU time, 2 to 262144 as in version 1; 1024 is a whole CPU. */
  readonly cpuShares?: number;
  /** CPU time per period. */
  readonly cpuQuotaMicroseconds?: number;
  /** Default 100 ms. */
  readonly cpuPeriodMicroseconds?: number;
  /** Memory, and memory and swap together: nothing may be swapped out beyond it. */
  readonly memoryBytes?: number;
  readonly pids?: number;
  /** Weight among those that want the disk, 10 to 1000 as in version 1. */
  readonly ioWeight?: number;
  readonly io?: readonly IoMaximum[];
}

/** A text that is written into a file of a cgroup. */
export interface LimitWrite {
  readonly controller: string;
  readonly file: string;
  readonly value: string;
  /** Whether a kernel without that file is good enough. */
  readonly optional: boolean;
}

const CPU_PERIOD_MICROSECONDS = 100_000;
const SHARES = { min: 2, max: 262_144, perCpu: 1024 };
/** The kernel takes no less. */
const QUOTA_MIN_MICROSECONDS = 1000;

/** What a container asks for, in Kubernetes' units. */
export interface ResourceWish {
  readonly cpuRequestMillis: number;
  readonly cpuLimitMillis?: number;
  readonly memoryLimitBytes?: number;
}

/** Kubernetes' conversion (kubelet, cm/helpers_linux.go). */
export function limitsOf({
  cpuRequestMillis,
  cpuLimitMillis,
  memoryLimitBytes,
}: ResourceWish): CgroupLimits {
  const shares = Math.trunc((cpuRequestMillis * SHARES.perCpu) / 1000);
  return {
    cpuShares: clamp(shares, SHARES),
    ...(cpuLimitMillis !== undefined &&
      cpuLimitMillis > 0 && {
        cpuPeriodMicroseconds: CPU_PERIOD_MICROSECONDS,
        cpuQuotaMicroseconds: Math.max(
          QUOTA_MIN_MICROSECONDS,
          Math.trunc((cpuLimitMillis * CPU_PERIOD_MICROSECONDS) / 1000),
        ),
      }),
    ...(memoryLimitBytes !== undefined &&
      memoryLimitBytes > 0 && { memoryBytes: memoryLimitBytes }),
  };
}

/** Version 1's shares as version 2's weight, 1 to 10000, as runc and kubelet convert them. */
export function cpuWeight(shares: number): number {
  const within = clamp(shares, SHARES);
  return 1 + Math.trunc(((within - SHARES.min) * 9999) / (SHARES.max - SHARES.min));
}

/** Version 1's weight as version 2's, 1 to 10000, as runc converts it. */
export function ioWeight(weight: number): number {
  const within = clamp(weight, { min: 10, max: 1000 });
  return 1 + Math.trunc(((within - 10) * 9999) / 990);
}

/** The files of version 1 that make limits hold, in the order in which they are to be written. */
export function legacyWrites(limits: CgroupLimits): readonly LimitWrite[] {
  const { cpuShares, cpuQuotaMicroseconds, cpuPeriodMicroseconds, memoryBytes, pids } = limits;
  const writes: LimitWrite[] = [];
  const write = (controller: string, file: string, value: number | string | undefined) => {
    if (value !== undefined) writes.push(writeOf(controller, file, value));
  };
  write("cpu", "shares", cpuShares);
  write("cpu", "cfs_period_us", cpuPeriodMicroseconds);
  write("cpu", "cfs_quota_us", cpuQuotaMicroseconds);
  write("memory", "limit_in_bytes", memoryBytes);
  write("memory", "memsw.limit_in_bytes", memoryBytes);
  write("pids", "max", pids);
  write("blkio", "weight", limits.ioWeight);
  for (const { major, minor, ...rates } of limits.io ?? []) {
    const device = `${major}:${minor}`;
    const rate = (file: string, value: number | undefined) =>
      write("blkio", file, value === undefined ? undefined : `${device} ${value}`);
    rate("throttle.read_bps_device", rates.readBytesPerSecond);
    rate("throttle.write_bps_device", rates.writeBytesPerSecond);
    rate("throttle.read_iops_device", rates.readsPerSecond);
    rate("throttle.write_iops_device", rates.writesPerSecond);
  }
  return writes;
}

/** As `legacyWrites`, of version 2. */
export function unifiedWrites(limits: CgroupLimits): readonly LimitWrite[] {
  const { cpuShares, cpuQuotaMicroseconds, memoryBytes, pids } = limits;
  const period = limits.cpuPeriodMicroseconds ?? CPU_PERIOD_MICROSECONDS;
  const writes: LimitWrite[] = [];
  const write = (controller: string, file: string, value: number | string) =>
    writes.push(writeOf(controller, file, value));
  if (cpuShares !== undefined) write("cpu", "weight", cpuWeight(cpuShares));
  if (cpuQuotaMicroseconds !== undefined) write("cpu", "max", `${cpuQuotaMicroseconds} ${period}`);
  if (memoryBytes !== undefined) {
    write("memory", "max", memoryBytes);
    write("memory", "swap.max", 0);
  }
  if (pids !== undefined) write("pids", "max", pids);
  if (limits.ioWeight !== undefined) write("io", "weight", `default ${ioWeight(limits.ioWeight)}`);
  for (const { major, minor, ...rates } of limits.io ?? []) {
    const keys = Object.entries({
      rbps: rates.readBytesPerSecond,
      wbps: rates.writeBytesPerSecond,
      riops: rates.readsPerSecond,
      wiops: rates.writesPerSecond,
    }).flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${value}`]));
    if (keys.length > 0) write("io", "max", `${major}:${minor} ${keys.join(" ")}`);
  }
  return writes;
}

/** Swap may be off or not be counted; weights need a disk scheduler that knows them. */
const OPTIONAL: ReadonlySet<string> = new Set([
  "memory.memsw.limit_in_bytes",
  "memory.swap.max",
  "blkio.weight",
  "io.weight",
]);

function writeOf(controller: string, name: string, value: number | string): LimitWrite {
  const file = `${controller}.${name}`;
  return { controller, file, value: String(value), optional: OPTIONAL.has(file) };
}

function clamp(value: number, { min, max }: { min: number; max: number }): number {
  return Math.min(max, Math.max(min, value));
}
