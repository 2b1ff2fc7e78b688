import type { Result } from "#linux/steps.ts";
import { freeze, hideFile, lock } from "./bind.ts";
import { MS } from "./kernel.ts";
import { labelled, makeDirectory, mountFileSystem, type Root } from "./root.ts";

/** What of /proc and /sys this kernel has of the paths that containers must not see or change. */
export interface KernelPaths {
  readonly hidden: readonly { readonly path: string; readonly directory: boolean }[];
  readonly frozen: readonly string[];
}

/** A hierarchy of cgroups as a container sees it. */
export interface CgroupView {
  /** Below /sys/fs/cgroup; `""` where it is all there is. */
  readonly name: string;
  readonly type: "cgroup" | "cgroup2";
  readonly options: string;
}

const QUIET = MS.NOSUID | MS.NODEV | MS.NOEXEC;

export interface ProcAndSys {
  readonly paths: KernelPaths;
  readonly cgroups: readonly CgroupView[];
  /** A privileged container may change what it sees. */
  readonly writable: boolean;
}

/** Mounts /proc, /sys and the cgroups, all seen from the container's own namespaces. */
export function mountProcAndSys(root: Root, { cgroups, writable }: ProcAndSys): void {
  const guarded = writable ? QUIET : QUIET | MS.RDONLY;
  mountFileSystem(root, "proc", { type: "proc", flags: QUIET });
  mountFileSystem(root, "sys", { type: "sysfs", flags: guarded });
  const [first] = cgroups;
  if (first?.name === "") {
    mountFileSystem(root, "sys/fs/cgroup", { ...first, flags: guarded, optional: true });
    return;
  }
  if (!first) return;
  const options = "mode=755";
  mountFileSystem(root, "sys/fs/cgroup", { type: "tmpfs", flags: QUIET, options });
  for (const { name, type, options } of cgroups) {
    const view = { type, options, flags: guarded, optional: true };
    mountFileSystem(root, `sys/fs/cgroup/${name}`, view);
  }
  if (!writable) lock(root, "/sys/fs/cgroup");
}

/**
 * Hides and freezes what the kernel shows of itself; after all that is mounted for the pod.
 * @param dev a descriptor of the container's own /dev.
 */
export function guardKernel(root: Root, { hidden, frozen }: KernelPaths, dev: Result): void {
  for (const path of frozen) freeze(root, path);
  for (const { path, directory } of hidden) {
    if (directory) hideDirectory(root, path);
    else hideFile(root, path, dev);
  }
}

function hideDirectory(root: Root, path: string): void {
  const { steps, fileLabel } = root;
  const options = labelled("size=0", fileLabel);
  steps.call("fchdir", [makeDirectory(root, path)], { why: `hide ${path}` });
  steps.call("mount", ["tmpfs", ".", "tmpfs", MS.RDONLY, options], { why: `hide ${path}` });
}
