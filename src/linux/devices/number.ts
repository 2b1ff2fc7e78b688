/** A device as the kernel names it. */
export interface DeviceNumbers {
  readonly major: number;
  readonly minor: number;
}

/** 12 bits of major and 20 of minor as one `dev_t` of 32 (`new_encode_dev`). */
export function deviceNumber({ major, minor }: DeviceNumbers): number {
  return ((minor & 0xff) | ((major & 0xfff) << 8) | ((minor & ~0xff) << 12)) >>> 0;
}

/** The numbers in a `dev_t`, such as the `rdev` of a node. */
export function deviceNumbers(device: number): DeviceNumbers {
  return { major: (device >> 8) & 0xfff, minor: (device & 0xff) | ((device >> 12) & 0xfff00) };
}
