/** What may be done with a device: `m` make its node, `r` read, `w` write. */
export type DeviceAccess = "m" | "r" | "w" | "rw" | "rwm";

/** A rule about devices; of several that fit, the last counts. */
export interface DeviceRule {
  readonly allow: boolean;
  /** `a` is every device there is, whatever its numbers. With `rwm` only, as in version 1. */
  readonly type: "a" | "b" | "c";
  /** Absent: any. */
  readonly major?: number;
  /** Absent: any. */
  readonly minor?: number;
  readonly access: DeviceAccess;
}

/** A node in a container's /dev. */
export interface DeviceNode {
  readonly path: string;
  readonly type: "b" | "c";
  readonly major: number;
  readonly minor: number;
  readonly mode: number;
}

const EVERYONE = 0o666;

/** The nodes that every container has (OCI runtime specification, default devices). */
export const DEFAULT_DEVICES: readonly DeviceNode[] = [
  { path: "/dev/null", type: "c", major: 1, minor: 3, mode: EVERYONE },
  { path: "/dev/zero", type: "c", major: 1, minor: 5, mode: EVERYONE },
  { path: "/dev/full", type: "c", major: 1, minor: 7, mode: EVERYONE },
  { path: "/dev/random", type: "c", major: 1, minor: 8, mode: EVERYONE },
  { path: "/dev/urandom", type: "c", major: 1, minor: 9, mode: EVERYONE },
  { path: "/dev/tty", type: "c", major: 5, minor: 0, mode: EVERYONE },
];

const TTY_MULTIPLEXER = { type: "c", major: 5, minor: 2 } as const;
const TTY_SLAVES = { type: "c", major: 136 } as const;

/** Nothing but the default devices and terminals; nodes of any device may be made, not opened. */
export const DEFAULT_DEVICE_RULES: readonly DeviceRule[] = [
  { allow: false, type: "a", access: "rwm" },
  { allow: true, type: "c", access: "m" },
  { allow: true, type: "b", access: "m" },
  ...[...DEFAULT_DEVICES, TTY_MULTIPLEXER].map(({ type, major, minor }) => ({
    allow: true,
    type,
    major,
    minor,
    access: "rwm" as const,
  })),
  { allow: true, ...TTY_SLAVES, access: "rwm" },
];

/** For privileged containers. */
export const ALL_DEVICES: readonly DeviceRule[] = [{ allow: true, type: "a", access: "rwm" }];

/** What is written where, in this order, for version 1 of cgroups (devices.allow, devices.deny). */
export function legacyDeviceWrites(
  rules: readonly DeviceRule[],
): readonly { readonly file: "devices.allow" | "devices.deny"; readonly value: string }[] {
  return rules.map(({ allow, type, major, minor, access }) => ({
    file: allow ? "devices.allow" : "devices.deny",
    value: type === "a" ? "a" : `${type} ${major ?? "*"}:${minor ?? "*"} ${access}`,
  }));
}
