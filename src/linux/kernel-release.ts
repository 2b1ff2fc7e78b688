import { release } from "node:os";

/** A release of Linux by its first two numbers. */
export interface KernelRelease {
  readonly major: number;
  readonly minor: number;
}

/**
 * The first that containers can be made on without an engine: mount_setattr(2), the youngest of the
 * calls that it takes, came with it.
 */
export const OLDEST_FOR_CONTAINERS: KernelRelease = { major: 5, minor: 12 };

/** The first whose overlay takes layers that show other owners than those on disk. */
export const OLDEST_FOR_OWN_USERS: KernelRelease = { major: 5, minor: 19 };

/** The first that shows other owners of files in memory, such as tokens. */
export const OLDEST_FOR_OWN_TMPFS: KernelRelease = { major: 6, minor: 3 };

/** Whether a kernel, `6.1.0-57-cloud-amd64` or the running one, is at least of that release. */
export function isAtLeast(oldest: KernelRelease, kernel = release()): boolean {
  const [major = 0, minor = 0] = kernel.split(".").map((part) => Number.parseInt(part, 10));
  return major > oldest.major || (major === oldest.major && minor >= oldest.minor);
}

/** @throws that something needs another kernel than this one, and which. */
export function expectKernel(what: string, oldest: KernelRelease, kernel = release()): void {
  if (isAtLeast(oldest, kernel)) return;
  const needed = `Linux ${oldest.major}.${oldest.minor} or later`;
  throw new Error(`${what} need ${needed}, and this is ${kernel}`);
}
