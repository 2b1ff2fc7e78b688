import { OPEN_HOW_BYTES, openHow, RESOLVE } from "#linux/open-beneath.ts";
import type { Result, Steps } from "#linux/steps.ts";
import type { Mount } from "../../types.ts";
import {
  AT_EMPTY_PATH,
  AT_FDCWD,
  AT_RECURSIVE,
  MOUNT_ATTR_RDONLY,
  MOVE_MOUNT_F_EMPTY_PATH,
  MOVE_MOUNT_T_EMPTY_PATH,
  MS,
  O,
  OPEN_TREE_CLOEXEC,
  OPEN_TREE_CLONE,
} from "./kernel.ts";
import { makeDirectory, makeFile, openInRoot, type Root } from "./root.ts";
import { mapOwners } from "./user-namespace.ts";

/** A mount of the pod, and what its source is. */
export interface BindMount extends Mount {
  readonly directory: boolean;
  /** What its source lies on, where the pod's users are to have its files: "ext4 with Linux 6.1". */
  readonly carrier?: string;
}

/** A copy of a mount that hangs nowhere yet. */
interface Tree {
  readonly mount: BindMount;
  readonly fd: Result;
}

const PROPAGATION = { private: MS.PRIVATE, rslave: MS.SLAVE, rshared: MS.SHARED } as const;
/** A path that was resolved before: where somebody has put a link into it since, it is refused. */
const REAL_PATH = openHow({ flags: O.PATH | O.CLOEXEC, resolve: RESOLVE.noLinks });

/**
 * Takes copies of the sources while the host's mounts are still shared, so that what is mounted in a
 * shared one later is seen on both sides.
 * @param namespace the user namespace of the pod, where it has one of its own.
 */
export function copySources(
  steps: Steps,
  mounts: readonly BindMount[],
  namespace?: Result,
): readonly Tree[] {
  return mounts.map((mount) => {
    const why = `open ${mount.hostPath} to mount it on ${mount.containerPath}`;
    const source = steps.call("openat2", [AT_FDCWD, mount.hostPath, REAL_PATH, OPEN_HOW_BYTES], {
      why,
    });
    const fd = copyTree(steps, { at: source, path: "", why });
    const { hostPath: path, carrier } = mount;
    if (namespace && carrier !== undefined) mapOwners(steps, { fd, namespace, path, carrier });
    return { mount, fd };
  });
}

/** Hangs the copies into the root, each where the pod wants it. */
export function bindSources(root: Root, trees: readonly Tree[]): void {
  for (const { mount, fd } of trees) {
    const { containerPath, directory, readOnly, propagation } = mount;
    const why = `mount ${mount.hostPath} on ${containerPath}`;
    const attributes = { propagation: PROPAGATION[propagation], readOnly };
    setAttributes(root.steps, { fd, why, ...attributes });
    const target = directory ? makeDirectory(root, containerPath) : makeFile(root, containerPath);
    hang(root.steps, { fd, target, why });
  }
}

/** Makes a part of the root read-only, with all that is mounted below it. */
export function freeze(root: Root, path: string): void {
  const { steps } = root;
  const why = `make ${path} read-only`;
  const target = openInRoot(root, path);
  const fd = copyTree(steps, { at: target, path: "", why });
  setAttributes(steps, { fd, why, propagation: 0, readOnly: true, recursive: true });
  hang(steps, { fd, target, why });
}

/** Makes what is mounted at a path of the root read-only, and nothing below it. */
export function lock(root: Root, path: string): void {
  const why = `make ${path} read-only`;
  const fd = openInRoot(root, path);
  setAttributes(root.steps, { fd, why, propagation: 0, readOnly: true });
}

/**
 * Hides a file of the root behind the container's own null device: whoever owns the host's in there
 * could change its mode.
 * @param dev a descriptor of the container's /dev.
 */
export function hideFile(root: Root, path: string, dev: Result): void {
  const { steps } = root;
  const why = `hide ${path}`;
  const fd = copyTree(steps, { at: dev, path: "null", why });
  hang(steps, { fd, target: openInRoot(root, path), why });
}

interface TreeSource {
  readonly at: Result | number;
  /** `""`: `at` itself. */
  readonly path: string;
  readonly why: string;
}

function copyTree(steps: Steps, { at, path, why }: TreeSource): Result {
  const flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE;
  return steps.call("open_tree", [at, path, path === "" ? flags | AT_EMPTY_PATH : flags], { why });
}

interface Attributes {
  readonly fd: Result;
  readonly why: string;
  readonly propagation: number;
  readonly readOnly: boolean;
  readonly recursive?: boolean;
}

/** `struct mount_attr`: attr_set, attr_clr, propagation, userns_fd. */
function setAttributes(steps: Steps, attributes: Attributes): void {
  const { fd, why, propagation, readOnly, recursive = false } = attributes;
  const set = (attr: number, spread: number, flags: number): void => {
    const bytes = new Uint8Array(BigUint64Array.of(BigInt(attr), 0n, BigInt(spread), 0n).buffer);
    steps.call("mount_setattr", [fd, "", AT_EMPTY_PATH | flags, bytes, bytes.length], { why });
  };
  if (propagation !== 0) set(0, propagation, AT_RECURSIVE);
  // Of a volume only itself, as kubelet's `readOnly` without `recursiveReadOnly`.
  if (readOnly) set(MOUNT_ATTR_RDONLY, 0, recursive ? AT_RECURSIVE : 0);
}

interface Hanging {
  readonly fd: Result;
  readonly target: Result;
  readonly why: string;
}

function hang(steps: Steps, { fd, target, why }: Hanging): void {
  const flags = MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH;
  steps.call("move_mount", [fd, "", target, "", flags], { why });
}

/** The console of a container is its terminal. */
export function bindTerminal(root: Root, terminal: Result): void {
  const why = "mount the terminal on /dev/console";
  const fd = copyTree(root.steps, { at: terminal, path: "", why });
  hang(root.steps, { fd, target: makeFile(root, "/dev/console"), why });
}
