/** Devices that a container may use. */
export interface AllowedDevice {
  readonly type: "b" | "c";
  /** Absent: whatever the major number. */
  readonly major?: number;
  /** Absent: whatever the minor number. */
  readonly minor?: number;
  /** `m` make its node, `r` read, `w` write. */
  readonly access: "m" | "r" | "w" | "rw" | "rwm";
}

/** All devices of the host, or those that fit one of these rules and no others. */
export type DeviceRules = "all" | readonly AllowedDevice[];

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

/** The default devices and terminals; nodes of any device may be made, not opened. As Docker has it. */
export const DEFAULT_DEVICE_RULES: readonly AllowedDevice[] = [
  { type: "c", access: "m" },
  { type: "b", access: "m" },
  ...[...DEFAULT_DEVICES, TTY_MULTIPLEXER].map(({ type, major, minor }) => ({
    type,
    major,
    minor,
    access: "rwm" as const,
  })),
  { ...TTY_SLAVES, access: "rwm" },
];

/** For privileged containers. */
export const ALL_DEVICES: DeviceRules = "all";

/** What is written where, in this order, for version 1 of cgroups. */
export function legacyDeviceWrites(
  rules: DeviceRules,
): readonly { readonly file: "devices.allow" | "devices.deny"; readonly value: string }[] {
  if (rules === "all") return [{ file: "devices.allow", value: "a" }];
  return [
    { file: "devices.deny", value: "a" },
    ...rules.map(({ type, major, minor, access }) => ({
      file: "devices.allow" as const,
      value: `${type} ${major ?? "*"}:${minor ?? "*"} ${access}`,
    })),
  ];
}
