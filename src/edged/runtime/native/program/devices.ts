import { deviceNumber } from "#linux/devices/number.ts";
import type { DeviceNode } from "#linux/devices/rules.ts";
import { OPEN_HOW_BYTES, openHow, RESOLVE } from "#linux/open-beneath.ts";
import type { Result } from "#linux/steps.ts";
import type { IdRange } from "../users/id-ranges.ts";
import { AT_SYMLINK_NOFOLLOW, MS, O, S_IFBLK, S_IFCHR } from "./kernel.ts";
import { mountFileSystem, type Root } from "./root.ts";

/** `tty`, whose number is the same in every distribution. */
const TERMINAL_GROUP = 5;

/** Links that programs expect in /dev (OCI runtime specification). */
const LINKS = {
  fd: "/proc/self/fd",
  stdin: "/proc/self/fd/0",
  stdout: "/proc/self/fd/1",
  stderr: "/proc/self/fd/2",
  core: "/proc/kcore",
  ptmx: "pts/ptmx",
} as const;

const DEV = openHow({
  flags: O.PATH | O.DIRECTORY | O.CLOEXEC,
  resolve: RESOLVE.beneath | RESOLVE.noLinks,
});

/**
 * Makes the container's own /dev and answers a descriptor of it.
 * @param users the IDs of a pod with users of its own. The nodes stay the host's, so that root in
 *   there opens no device that only the host's root may open.
 */
export function makeDevices(root: Root, nodes: readonly DeviceNode[], users?: IdRange): Result {
  const { steps, fd } = root;
  const options = "mode=755,size=65536k";
  mountFileSystem(root, "dev", { type: "tmpfs", flags: MS.NOSUID | MS.STRICTATIME, options });
  const dev = steps.call("openat2", [fd, "dev", DEV, OPEN_HOW_BYTES], {
    why: "open the container's /dev",
  });
  for (const node of nodes) makeNode(root, dev, node);
  if (users) for (const { path } of nodes) giveToHost(root, dev, path);
  for (const [name, target] of Object.entries(LINKS)) {
    steps.call("symlinkat", [target, dev, name], { why: `make /dev/${name}` });
  }
  const terminals = (users?.first ?? 0) + TERMINAL_GROUP;
  const ownTerminals = `newinstance,ptmxmode=0666,mode=0620,gid=${terminals}`;
  mountFileSystem(root, "dev/pts", {
    ...{ type: "devpts", flags: MS.NOSUID | MS.NOEXEC, options: ownTerminals },
  });
  mountFileSystem(root, "dev/mqueue", {
    ...{ type: "mqueue", flags: MS.NOSUID | MS.NODEV | MS.NOEXEC, optional: true },
  });
  labelQueues(root, dev);
  return dev;
}

/** The pod's message queues are one file system, which takes no label as an option. */
function labelQueues({ steps, fileLabel }: Root, dev: Result): void {
  if (fileLabel === undefined) return;
  const why = "label /dev/mqueue";
  const queues = steps.call("openat", [dev, "mqueue", O.DIRECTORY | O.CLOEXEC, 0], { why });
  const label = new TextEncoder().encode(`${fileLabel}\0`);
  steps.call("fsetxattr", [queues, "security.selinux", label, label.length, 0], {
    why,
    tolerate: ["EOPNOTSUPP"],
  });
}

/** Makes the container's own null device its input: the host's must not get into its hands. */
export function readNothing({ steps }: Root, dev: Result): void {
  const why = "open the container's /dev/null";
  const nothing = steps.call("openat", [dev, "null", O.RDWR | O.CLOEXEC, 0], { why });
  steps.call("dup3", [nothing, 0, 0], { why });
}

function giveToHost({ steps }: Root, dev: Result, path: string): void {
  const name = path.split("/").slice(2).join("/");
  const why = `leave ${path} to the host`;
  steps.call("fchownat", [dev, name, 0, 0, AT_SYMLINK_NOFOLLOW], { why });
}

function makeNode({ steps }: Root, dev: Result, node: DeviceNode): void {
  const { path, type, mode } = node;
  const why = `make ${path}`;
  const parts = path.split("/").slice(2);
  for (const depth of parts.keys()) {
    if (depth === 0) continue;
    const parent = parts.slice(0, depth).join("/");
    steps.call("mkdirat", [dev, parent, 0o755], { why, tolerate: ["EEXIST"] });
  }
  const kind = type === "c" ? S_IFCHR : S_IFBLK;
  steps.call("mknodat", [dev, parts.join("/"), kind | mode, deviceNumber(node)], { why });
}
