import type { SandboxSpec } from "./types.ts";

/**
 * For runtimes that can give no pod users of its own: never silently without.
 * @throws in kubelet's words for such a runtime.
 */
export function refuseOwnUsers({ hostUsers }: Pick<SandboxSpec, "hostUsers">): void {
  if (hostUsers) return;
  throw new Error("can't set `spec.hostUsers: false`, runtime does not support user namespaces");
}
