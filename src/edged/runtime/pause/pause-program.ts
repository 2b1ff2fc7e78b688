import { compile } from "#linux/machine/compile.ts";
import type { Arch } from "#linux/syscalls.ts";
import pause from "./pause.low" with { type: "text" };

/**
 * The first process of a sandbox as a static ELF executable: holds the pod's namespaces open, reaps
 * what is orphaned into them, and exits 0 on SIGTERM or SIGINT. It needs neither libc nor memory of
 * its own, so that a sandbox costs a page.
 */
export function pauseProgram(arch: Arch): Uint8Array {
  return compile({ pause }, { arch, entry: "pause" });
}
