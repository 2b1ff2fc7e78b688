import { randomInt } from "node:crypto";
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

/** What a policy calls containers, before a pod has a level of its own. */
export interface ContainerContexts extends SeLinuxLabels {
  /** What all containers read and none writes: layers of images. */
  readonly image: string;
}

/** What distributions ship for containers; those of container-selinux where the file is missing. */
const DEFAULT_CONTEXTS: ContainerContexts = {
  process: "system_u:system_r:container_t:s0",
  file: "system_u:object_r:container_file_t:s0",
  image: "system_u:object_r:container_ro_file_t:s0",
};
/** How many categories policies have. */
const CATEGORIES = 1024;

/** The labels that the host's policy has for containers (`lxc_contexts`). */
export function containerContexts(config = "/etc/selinux"): ContainerContexts {
  const policy =
    /^SELINUXTYPE=(\w+)/m.exec(readableText(`${config}/config`) ?? "")?.[1] ?? "targeted";
  const text = readableText(`${config}/${policy}/contexts/lxc_contexts`) ?? "";
  const entry = (name: string) => new RegExp(`^${name}\\s*=\\s*"([^"]+)"`, "m").exec(text)?.[1];
  return {
    process: entry("process") ?? DEFAULT_CONTEXTS.process,
    file: entry("file") ?? DEFAULT_CONTEXTS.file,
    image: entry("ro_file") ?? entry("file") ?? DEFAULT_CONTEXTS.image,
  };
}

/** The labels of a container: the host's, where the pod does not ask for others. */
export function seLinuxLabels(
  { user, role, type, level }: SeLinuxOptions,
  contexts: SeLinuxLabels,
): SeLinuxLabels {
  const replaced = (context: string, wishes: readonly (string | undefined)[]) => {
    const [first = "", second = "", third = "", ...rest] = context.split(":");
    const own = [first, second, third, ...(rest.length > 0 ? [rest.join(":")] : [])];
    return own.map((part, index) => wishes[index] ?? part).join(":");
  };
  return {
    process: replaced(contexts.process, [user, role, type, level]),
    // Files have the role and the type of files, whatever their process is.
    file: replaced(contexts.file, [user, undefined, undefined, level]),
  };
}

/**
 * A level that nobody has yet: its two categories keep a pod's processes and files apart from all
 * others of the same type. Where the policy has no levels it is `""`.
 */
export function freeLevel(contexts: SeLinuxLabels, taken: ReadonlySet<string>): string {
  const [sensitivity] = contexts.process.split(":").slice(3);
  if (sensitivity === undefined) return "";
  for (;;) {
    const low = randomInt(CATEGORIES - 1);
    const level = `${sensitivity}:c${low},c${randomInt(low + 1, CATEGORIES)}`;
    if (!taken.has(level)) return level;
  }
}

/** Takes effect with the next execve(2). */
export function seLinuxExecAttribute({ process }: SeLinuxLabels): ExecAttribute {
  return { files: ["/proc/self/attr/exec"], value: process };
}

/** Keyrings that the process makes are called so from now on; its container may then use them. */
export function seLinuxKeyAttribute({ process }: SeLinuxLabels): ExecAttribute {
  return { files: ["/proc/self/attr/keycreate"], value: process };
}

/** For the options of a mount: everything on it is called so. */
export function seLinuxMountOption(label: string): string {
  return `context="${label}"`;
}
