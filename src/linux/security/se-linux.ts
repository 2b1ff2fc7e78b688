import { existsSync } from "node:fs";
import { readableText } from "../readable-text.ts";
import type { ExecAttribute } from "./app-armor.ts";

/** A pod's `seLinuxOptions`. */
export interface SeLinuxOptions {
  readonly user?: string;
  readonly role?: string;
  readonly type?: string;
  /** `s0:c123,c456` */
  readonly level?: string;
}

/** What a container's processes and its files are called. */
export interface SeLinuxLabels {
  readonly process: string;
  readonly file: string;
}

/** What distributions ship for containers; those of container-selinux where the file is missing. */
const DEFAULT_CONTEXTS: SeLinuxLabels = {
  process: "system_u:system_r:container_t:s0",
  file: "system_u:object_r:container_file_t:s0",
};

/** Whether this kernel has SELinux switched on, enforcing or not. */
export function seLinuxEnabled(): boolean {
  return existsSync("/sys/fs/selinux/enforce");
}

/** The labels that the host's policy has for containers (`lxc_contexts`). */
export function containerContexts(config = "/etc/selinux"): SeLinuxLabels {
  const policy =
    /^SELINUXTYPE=(\w+)/m.exec(readableText(`${config}/config`) ?? "")?.[1] ?? "targeted";
  const text = readableText(`${config}/${policy}/contexts/lxc_contexts`) ?? "";
  const entry = (name: string) => new RegExp(`^${name}\\s*=\\s*"([^"]+)"`, "m").exec(text)?.[1];
  return {
    process: entry("process") ?? DEFAULT_CONTEXTS.process,
    file: entry("file") ?? DEFAULT_CONTEXTS.file,
  };
}

/** The labels of a container: the host's, where the pod does not ask for others. */
export function seLinuxLabels(
  { user, role, type, level }: SeLinuxOptions,
  contexts: SeLinuxLabels = containerContexts(),
): SeLinuxLabels {
  const replaced = (context: string, wishes: readonly (string | undefined)[]) => {
    const [first = "", second = "", third = "", ...rest] = context.split(":");
    const own = [first, second, third, rest.join(":")];
    return own.map((part, index) => wishes[index] ?? part).join(":");
  };
  return {
    process: replaced(contexts.process, [user, role, type, level]),
    // Files have the role and the type of files, whatever their process is.
    file: replaced(contexts.file, [user, undefined, undefined, level]),
  };
}

/** Takes effect with the next execve(2). */
export function seLinuxExecAttribute({ process }: SeLinuxLabels): ExecAttribute {
  return { files: ["/proc/self/attr/exec"], value: process };
}

/** For the options of a mount: everything on it is called so. */
export function seLinuxMountOption({ file }: SeLinuxLabels): string {
  return `context="${file}"`;
}
