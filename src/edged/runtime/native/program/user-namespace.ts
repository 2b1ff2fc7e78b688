import { capsetArguments } from "#linux/capabilities.ts";
import type { Result, Steps } from "#linux/steps.ts";
import type { IdRange } from "../users/id-ranges.ts";
import { AT_EMPTY_PATH, AT_FDCWD, CLONE, O } from "./kernel.ts";

/** Opens the user namespace that owns a namespace (ioctl_nsfs(2)). */
const NS_GET_USERNS = 0xb701;
const MOUNT_ATTR_IDMAP = 0x100000;
const MOUNT_ATTR_BYTES = 32;
const MOUNT_ATTR_USERNS_OFFSET = 24;

/**
 * The user namespace of the pod, as a descriptor: it owns the pod's network, which the shim and all
 * that it starts are in.
 */
export function openUserNamespace(steps: Steps): Result {
  const why = "open the user namespace of the pod";
  const network = steps.call("openat", [AT_FDCWD, "/proc/self/ns/net", O.RDONLY | O.CLOEXEC, 0], {
    why,
  });
  return steps.call("ioctl", [network, NS_GET_USERNS, 0], { why });
}

/**
 * Becomes one of the pod's users. What is mounted by now is the container's as it is: its root can
 * take nothing of it off, nor uncover it.
 */
export function enterUserNamespace(steps: Steps, namespace: Result): void {
  steps.call("setns", [namespace, CLONE.NEWUSER], { why: "enter the user namespace of the pod" });
  steps.call("unshare", [CLONE.NEWNS], { why: "own its mounts" });
  steps.call("unshare", [CLONE.NEWCGROUP], {
    why: "own the view of its cgroups",
    tolerate: ["EINVAL"],
  });
}

/**
 * From now on what this process makes, mounts and opens is of the pod's root, who has no groups. Rights
 * over the host's files are gone.
 */
export function makeAsPodsRoot(steps: Steps, { first }: IdRange): void {
  const why = "make files as the pod's root";
  steps.call("setgroups", [0, new Uint8Array(4)], { why });
  steps.call("setfsgid", [first], { why });
  steps.call("setfsuid", [first], { why });
  // They answer who it was before and never fail: asked again they say whether it worked.
  for (const name of ["setfsgid", "setfsuid"] as const) {
    const now = steps.memory(8);
    steps.put(steps.call(name, [first], { why }), now.at(0), 8);
    steps.expect({ at: now.at(0), equals: BigInt(first), error: "EPERM", why });
  }
}

/** As `makeAsPodsRoot`, for who goes on to make a root that others' files lie in: rights stay. */
export function furnishAsPodsRoot(steps: Steps, users: IdRange): void {
  const why = "keep the rights over the root of the container";
  const { header, data } = capsetArguments({ permitted: 0n, effective: 0n, inheritable: 0n });
  const rights = steps.memory(data);
  steps.call("capget", [header, rights], { why });
  makeAsPodsRoot(steps, users);
  steps.call("capset", [header, rights], { why });
}

/** Files under a copy of a mount, and how their owners become the pod's. */
export interface OwnersMap {
  /** A copy that hangs nowhere yet. */
  readonly fd: Result;
  readonly namespace: Result;
  readonly path: string;
  /** What must be able to do it: "nfs with Linux 6.1". */
  readonly carrier: string;
}

/** Files show up with the pod's IDs for the host's: 0 is the pod's root (mount_setattr(2)). */
export function mapOwners(steps: Steps, { fd, namespace, path, carrier }: OwnersMap): void {
  const why = `map the owners of ${path} to the pod's users (${carrier} may have no idmapped mounts)`;
  const bytes = Buffer.alloc(MOUNT_ATTR_BYTES);
  bytes.writeBigUInt64LE(BigInt(MOUNT_ATTR_IDMAP), 0);
  const attributes = steps.memory(bytes);
  steps.put(namespace, attributes.at(MOUNT_ATTR_USERNS_OFFSET), 8);
  steps.call("mount_setattr", [fd, "", AT_EMPTY_PATH, attributes, MOUNT_ATTR_BYTES], { why });
}
