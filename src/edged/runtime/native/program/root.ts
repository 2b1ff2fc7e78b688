import { OPEN_HOW_BYTES, openHow, RESOLVE } from "#linux/open-beneath.ts";
import { seLinuxMountOption } from "#linux/security/se-linux.ts";
import type { Result, Steps } from "#linux/steps.ts";
import {
  AT_FDCWD,
  MNT_DETACH,
  MOVE_MOUNT_F_EMPTY_PATH,
  MS,
  O,
  OPEN_TREE_CLOEXEC,
  OPEN_TREE_CLONE,
} from "./kernel.ts";
import { mapOwners } from "./user-namespace.ts";

/** The root of a container while it is made: a descriptor that every path is walked from. */
export interface Root {
  readonly steps: Steps;
  readonly fd: Result;
  /** What SELinux is to call what is mounted in it; absent: nothing of its own. */
  readonly fileLabel?: string | undefined;
}

const DIRECTORY_IN_ROOT = openHow({
  flags: O.PATH | O.DIRECTORY | O.CLOEXEC,
  resolve: RESOLVE.inRoot,
});
const ANYTHING_IN_ROOT = openHow({ flags: O.PATH | O.CLOEXEC, resolve: RESOLVE.inRoot });
/** Not for writing: a root that is open for that cannot become read-only. */
const NEW_FILE_IN_ROOT = openHow({
  flags: O.CREAT | O.EXCL | O.CLOEXEC,
  mode: 0o644,
  resolve: RESOLVE.inRoot,
});
const PLAIN_DIRECTORY = openHow({
  flags: O.PATH | O.DIRECTORY | O.CLOEXEC,
  resolve: RESOLVE.beneath | RESOLVE.noLinks,
});

/**
 * A directory of the root by its path in the container; what is missing is made. Links in it lead
 * where they lead in the container, never out of it.
 */
export function makeDirectory({ steps, fd }: Root, path: string): Result {
  let inside = fd;
  const walked: string[] = [];
  for (const name of partsOf(path)) {
    steps.call("mkdirat", [inside, name, 0o755], {
      why: `make ${path} in the container`,
      tolerate: ["EEXIST"],
    });
    walked.push(name);
    inside = steps.call("openat2", [fd, walked.join("/"), DIRECTORY_IN_ROOT, OPEN_HOW_BYTES], {
      why: `open ${path} in the container`,
    });
  }
  return inside;
}

/** A file of the root to mount on; an empty one is made where there is none. */
export function makeFile(root: Root, path: string): Result {
  const parts = partsOf(path);
  makeDirectory(root, `/${parts.slice(0, -1).join("/")}`);
  root.steps.call("openat2", [root.fd, parts.join("/"), NEW_FILE_IN_ROOT, OPEN_HOW_BYTES], {
    why: `make the file ${path} in the container`,
    tolerate: ["EEXIST"],
  });
  return openInRoot(root, path);
}

/** What is there under a path of the root. */
export function openInRoot({ steps, fd }: Root, path: string): Result {
  return steps.call("openat2", [fd, partsOf(path).join("/"), ANYTHING_IN_ROOT, OPEN_HOW_BYTES], {
    why: `open ${path} in the container`,
  });
}

/** A file system of its own, and where in the container. */
export interface FileSystem {
  readonly type: string;
  /** What stands first in /proc/mounts. Default: the type. */
  readonly source?: string;
  readonly flags: number;
  readonly options?: string;
  /** Fine where the kernel does not have it. */
  readonly optional?: boolean;
}

/**
 * Mounts a file system on a directory of the root, whose path must hold no link: an image that puts
 * one there would have it mounted elsewhere (CVE-2019-19921).
 */
export function mountFileSystem(root: Root, path: string, wanted: FileSystem): void {
  const { steps, fd, fileLabel } = root;
  const { type, source = type, flags, options = "", optional = false } = wanted;
  const relative = partsOf(path).join("/");
  steps.call("mkdirat", [fd, relative, 0o755], {
    why: `make ${path} in the container`,
    tolerate: ["EEXIST"],
  });
  const target = steps.call("openat2", [fd, relative, PLAIN_DIRECTORY, OPEN_HOW_BYTES], {
    why: `open ${path} of the image, which must be a directory`,
  });
  steps.call("fchdir", [target], { why: `enter ${path} of the container` });
  const label = TAKES_LABEL.has(type) ? fileLabel : undefined;
  steps.call("mount", [source, ".", type, flags, labelled(options, label)], {
    why: `mount ${type} on ${path}`,
    tolerate: optional ? ["ENODEV", "EINVAL"] : [],
  });
}

/** File systems of the container's own whose files all have one label; others have the kernel's. */
const TAKES_LABEL: ReadonlySet<string> = new Set(["tmpfs", "devpts"]);

/** Options of a mount, and the label of SELinux that everything on it has. */
export function labelled(options: string, label: string | undefined): string {
  if (label === undefined) return options;
  const context = seLinuxMountOption(label);
  return options === "" ? context : `${options},${context}`;
}

/**
 * Mounts the layers of the image, read by all who have it, under the container's own.
 * @param namespace the user namespace of the pod, where it has one of its own.
 */
export function mountRoot(
  steps: Steps,
  { layersDirectory, layersCarrier, lowerDirectories, directory, fileLabel }: RootDirectories,
  namespace?: Result,
): Root {
  const options = [
    `lowerdir=${lowerDirectories.map(escaped).join(":")}`,
    `upperdir=${escaped(`${directory}/upper`)}`,
    `workdir=${escaped(`${directory}/work`)}`,
    // What a container writes into its own layer ends with it: nothing waits for the disk.
    "volatile",
  ].join(",");
  const why = "mount the root of the container";
  if (namespace && layersCarrier !== undefined) {
    mapLayers(steps, { directory: layersDirectory, namespace, carrier: layersCarrier });
  }
  // Short names, relative to it: the kernel takes one page of options.
  steps.call("chdir", [layersDirectory], { why: `enter ${layersDirectory}` });
  steps.call(
    "mount",
    ["overlay", `${directory}/root`, "overlay", 0, labelled(options, fileLabel)],
    {
      why,
    },
  );
  const fd = steps.call(
    "openat2",
    [AT_FDCWD, `${directory}/root`, DIRECTORY_PLAIN, OPEN_HOW_BYTES],
    { why },
  );
  return { steps, fd, fileLabel };
}

interface Layers {
  readonly directory: string;
  readonly namespace: Result;
  readonly carrier: string;
}

/** Lays over the layers of all images, for this process alone, a view in which the pod's users own them. */
function mapLayers(steps: Steps, { directory, namespace, carrier }: Layers): void {
  const why = `mount ${directory} for the pod's users`;
  const fd = steps.call("open_tree", [AT_FDCWD, directory, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC], {
    why,
  });
  mapOwners(steps, { fd, namespace, path: directory, carrier });
  steps.call("move_mount", [fd, "", AT_FDCWD, directory, MOVE_MOUNT_F_EMPTY_PATH], { why });
}

export interface RootDirectories {
  readonly layersDirectory: string;
  /** What they lie on, where the pod's users are to have them: "ext4 with Linux 6.1". */
  readonly layersCarrier?: string;
  /** The topmost first, relative to `layersDirectory`. */
  readonly lowerDirectories: readonly string[];
  /** The container's own: holds `upper`, `work` and `root`. */
  readonly directory: string;
  /** What SELinux is to call its files. */
  readonly fileLabel?: string;
}

const DIRECTORY_PLAIN = openHow({ flags: O.PATH | O.DIRECTORY | O.CLOEXEC, resolve: 0 });

/** Makes the container's root the root, and lets go of the host's. */
export function enterRoot({ steps, fd }: Root, { readOnly }: { readonly readOnly: boolean }): void {
  const why = "enter the root of the container";
  steps.call("fchdir", [fd], { why });
  takeAsRoot(steps, why);
  if (readOnly) {
    steps.call("mount", ["", "/", "", MS.REMOUNT | MS.BIND | MS.RDONLY, ""], {
      why: "make the root of the container read-only",
    });
  }
}

/** Makes the current directory, which is a mount, the root, and lets go of the one before. */
export function takeAsRoot(steps: Steps, why: string): void {
  // Both at one place: the old root then lies over the new one until it is taken off.
  steps.call("pivot_root", [".", "."], { why });
  steps.call("umount2", [".", MNT_DETACH], { why: "let go of the host's root" });
  steps.call("chdir", ["/"], { why });
}

function partsOf(path: string): string[] {
  return path.split("/").filter((part) => part !== "" && part !== ".");
}

/** overlay's options: `:` and `,` separate, `\` escapes. */
function escaped(path: string): string {
  return path.replace(/[\\:,]/g, (special) => `\\${special}`);
}
