import { sysctlNamespace } from "#api/validation/security.ts";
import type { Steps } from "#linux/steps.ts";
import { writeFile } from "./host-file.ts";

/** Names and values, `net.core.somaxconn`. */
export type Sysctls = Readonly<Record<string, string>>;

/** Sets kernel parameters of the namespaces that the process is in. */
export function setSysctls(steps: Steps, sysctls: Sysctls): void {
  for (const [name, value] of Object.entries(sysctls)) {
    writeFile(steps, { path: `/proc/sys/${name.replaceAll(".", "/")}`, text: value });
  }
}

/**
 * Those that the root of a user namespace sets for the namespaces it owns: the kernel refuses IPC's to
 * everybody else, and reads groups in its numbers. The others are the host's to set.
 */
export function splitSysctls(all: Sysctls): { readonly owned: Sysctls; readonly rest: Sysctls } {
  const isOwned = (name: string) => ["net", "ipc"].includes(sysctlNamespace(name) ?? "");
  const pick = (wanted: boolean): Sysctls =>
    Object.fromEntries(Object.entries(all).filter(([name]) => isOwned(name) === wanted));
  return { owned: pick(true), rest: pick(false) };
}
