import { expectKernel, OLDEST_FOR_OWN_USERS } from "#linux/kernel-release.ts";
import type { SandboxSpec } from "../../types.ts";

/**
 * Whether a pod can have users of its own.
 * @throws when the kernel is too old, or when the pod shares what its user namespace would own.
 */
export function expectOwnUsers(spec: SandboxSpec, kernel?: string): void {
  expectKernel("Pods with users of their own", OLDEST_FOR_OWN_USERS, kernel);
  const shared = (["hostNetwork", "hostPID", "hostIPC"] as const).find((name) => spec[name]);
  if (shared) throw new Error(`A pod with users of its own cannot have ${shared}`);
}
