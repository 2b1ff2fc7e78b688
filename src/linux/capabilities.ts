import { readFileSync } from "node:fs";

/** All capabilities in the order of their numbers (linux/capability.h), up to Linux 6.18. */
export const CAPABILITIES = [
  "CAP_CHOWN",
  "CAP_DAC_OVERRIDE",
  "CAP_DAC_READ_SEARCH",
  "CAP_FOWNER",
  "CAP_FSETID",
  "CAP_KILL",
  "CAP_SETGID",
  "CAP_SETUID",
  "CAP_SETPCAP",
  "CAP_LINUX_IMMUTABLE",
  "CAP_NET_BIND_SERVICE",
  "CAP_NET_BROADCAST",
  "CAP_NET_ADMIN",
  "CAP_NET_RAW",
  "CAP_IPC_LOCK",
  "CAP_IPC_OWNER",
  "CAP_SYS_MODULE",
  "CAP_SYS_RAWIO",
  "CAP_SYS_CHROOT",
  "CAP_SYS_PTRACE",
  "CAP_SYS_PACCT",
  "CAP_SYS_ADMIN",
  "CAP_SYS_BOOT",
  "CAP_SYS_NICE",
  "CAP_SYS_RESOURCE",
  "CAP_SYS_TIME",
  "CAP_SYS_TTY_CONFIG",
  "CAP_MKNOD",
  "CAP_LEASE",
  "CAP_AUDIT_WRITE",
  "CAP_AUDIT_CONTROL",
  "CAP_SETFCAP",
  "CAP_MAC_OVERRIDE",
  "CAP_MAC_ADMIN",
  "CAP_SYSLOG",
  "CAP_WAKE_ALARM",
  "CAP_BLOCK_SUSPEND",
  "CAP_AUDIT_READ",
  "CAP_PERFMON",
  "CAP_BPF",
  "CAP_CHECKPOINT_RESTORE",
] as const;

export type Capability = (typeof CAPABILITIES)[number];

/** What a container may do when nothing else is asked for; Docker's and containerd's set. */
export const DEFAULT_CAPABILITIES: readonly Capability[] = [
  "CAP_CHOWN",
  "CAP_DAC_OVERRIDE",
  "CAP_FOWNER",
  "CAP_FSETID",
  "CAP_KILL",
  "CAP_SETGID",
  "CAP_SETUID",
  "CAP_SETPCAP",
  "CAP_NET_BIND_SERVICE",
  "CAP_NET_RAW",
  "CAP_SYS_CHROOT",
  "CAP_MKNOD",
  "CAP_AUDIT_WRITE",
  "CAP_SETFCAP",
];

/** `_LINUX_CAPABILITY_VERSION_3`: sets of 64 bits, in two halves. */
const VERSION_3 = 0x20080522;

/** What a pod asks for: names with or without `CAP_`, in any case, and `ALL`. */
export interface CapabilityWish {
  readonly add: readonly string[];
  readonly drop: readonly string[];
  readonly privileged: boolean;
}

/** The sets of a process, as masks (capabilities(7)). */
export interface CapabilitySets {
  readonly bounding: bigint;
  /** The permitted set that the process is to have before execve. */
  readonly permitted: bigint;
  readonly effective: bigint;
  readonly inheritable: bigint;
  readonly ambient: bigint;
}

/** The highest number that the running kernel knows. */
export function lastCapability(path = "/proc/sys/kernel/cap_last_cap"): number {
  return Number(readFileSync(path, "utf8"));
}

/**
 * What programs that this process starts as root have, as a mask: what the kernel knows, but for what
 * the process was started without, such as in a container.
 */
export function ownBoundingSet(): bigint {
  const status = readFileSync("/proc/self/status", "utf8");
  return BigInt(`0x${/^CapBnd:\s+(\w+)$/m.exec(status)?.[1]}`);
}

/** A capability as the kernel names it: `net_admin` is CAP_NET_ADMIN; undefined when there is none such. */
export function capabilityOf(name: string): Capability | undefined {
  const upper = name.toUpperCase();
  const full = upper.startsWith("CAP_") ? upper : `CAP_${upper}`;
  return CAPABILITIES.find((known) => known === full);
}

/** The capability's number. */
export function capabilityNumber(capability: Capability): number {
  return CAPABILITIES.indexOf(capability);
}

/**
 * What a container gets: Docker's rules. `ALL` in either list counts before the names; a name that
 * is dropped and added is there. Those that nobody could have here (not in `grantable`, a mask) are
 * left out, as runc does.
 * @throws {RangeError} for a name that no kernel has.
 */
export function containerCapabilities(
  { add, drop, privileged }: CapabilityWish,
  grantable: bigint = ownBoundingSet(),
): ReadonlySet<Capability> {
  const all = CAPABILITIES.filter((_, number) => ((grantable >> BigInt(number)) & 1n) === 1n);
  if (privileged) return new Set(all);
  const base = isAll(add) ? all : isAll(drop) ? [] : DEFAULT_CAPABILITIES;
  const wanted = new Set<Capability>(base);
  for (const name of named(drop)) wanted.delete(name);
  for (const name of named(add)) wanted.add(name);
  return new Set(all.filter((name) => wanted.has(name)));
}

/**
 * The sets to give to a process of the container: root has them all in force; another user starts
 * without any, and may gain from files what the bounding set leaves, as under Docker.
 */
export function capabilitySets(
  capabilities: Iterable<Capability>,
  { root }: { readonly root: boolean },
): CapabilitySets {
  const bounding = capabilityMask(capabilities);
  const held = root ? bounding : 0n;
  return { bounding, permitted: held, effective: held, inheritable: 0n, ambient: 0n };
}

export function capabilityMask(capabilities: Iterable<Capability>): bigint {
  return [...capabilities].reduce(
    (mask, name) => mask | (1n << BigInt(capabilityNumber(name))),
    0n,
  );
}

/** The numbers that PR_CAPBSET_DROP is called with, to leave a bounding set of `mask`. */
export function boundingDrops(mask: bigint, last: number = lastCapability()): readonly number[] {
  return Array.from({ length: last + 1 }, (_, number) => number).filter(
    (number) => ((mask >> BigInt(number)) & 1n) === 0n,
  );
}

/** The two arguments of capset(2): `__user_cap_header_struct` (of the calling thread), and the data. */
export function capsetArguments({
  effective,
  permitted,
  inheritable,
}: Pick<CapabilitySets, "effective" | "permitted" | "inheritable">): {
  readonly header: Uint8Array;
  readonly data: Uint8Array;
} {
  const header = Buffer.alloc(8);
  header.writeUInt32LE(VERSION_3, 0);
  const data = Buffer.alloc(24);
  for (const [index, mask] of [effective, permitted, inheritable].entries()) {
    data.writeUInt32LE(Number(mask & 0xffffffffn), index * 4);
    data.writeUInt32LE(Number(mask >> 32n), 12 + index * 4);
  }
  return { header, data };
}

function isAll(names: readonly string[]): boolean {
  return names.some((name) => /^(CAP_)?ALL$/i.test(name));
}

function named(names: readonly string[]): readonly Capability[] {
  return names
    .filter((name) => !isAll([name]))
    .map((name) => {
      const capability = capabilityOf(name);
      if (capability === undefined) throw new RangeError(`There is no capability ${name}`);
      return capability;
    });
}
