import { release } from "node:os";
import { isAtLeast, OLDEST_FOR_OWN_USERS } from "#linux/kernel-release.ts";
import type { SandboxSpec } from "../../types.ts";

/**
 * Whether a pod can have users of its own.
 * @throws when the kernel is too old, or when the pod shares what its user namespace would own.
 */
export function expectOwnUsers(spec: SandboxSpec, kernel = release()): void {
  if (!isAtLeast(OLDEST_FOR_OWN_USERS, kernel)) {
    const { major, minor } = OLDEST_FOR_OWN_USERS;
    throw new Error(
      `Pods with users of their own need Linux ${major}.${minor} or later, and this is ${kernel}`,
    );
  }
  const shared = (["hostNetwork", "hostPID", "hostIPC"] as const).find((name) => spec[name]);
  if (shared) throw new Error(`A pod with users of its own cannot have ${shared}`);
}
