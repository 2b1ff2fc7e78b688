import { closeSync, constants, fstatSync, readdirSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { errorCode } from "#lib/errors.ts";
import { OPEN_HOW_BYTES, openHow, openWithoutLinks, RESOLVE } from "../open-beneath.ts";
import { stableBytes, stableCString, systemCall } from "../system-call.ts";
import { cName } from "../tree.ts";

const O_PATH = 0o10000000;
const O_CLOEXEC = 0o2000000;
/** What stands there itself, a link too; not what is mounted on it, of whatever file system. */
const CHILD = openHow({
  flags: O_PATH | constants.O_NOFOLLOW | O_CLOEXEC,
  resolve: RESOLVE.beneath | RESOLVE.noMountPoints,
});
/** How a name fails that is gone, or that something is mounted on. */
const PASSED_OVER: ReadonlySet<string> = new Set(["ENOENT", "EXDEV"]);
const MAX_LABEL_BYTES = 4096;
/** Layers of images hold tens of thousands of files; others have their turn after so many. */
const AT_ONCE = 200;
const ATTRIBUTE = "security.selinux";

/**
 * Calls a file, or a directory with all that is in it, as SELinux is to know it; links themselves, and
 * never what they lead to. What is called so already is taken to hold nothing else, and what is
 * mounted below is left alone, as is a file system that has no labels.
 * @param path without links in it.
 */
export async function relabel(path: string, label: string): Promise<void> {
  const descriptor = openWithoutLinks(path);
  try {
    if (labelOf(descriptor) === label) return;
    await relabelNode({ descriptor, path }, { label, done: 0 });
  } catch (error) {
    if (errorCode(error) !== "EOPNOTSUPP") throw error;
  } finally {
    closeSync(descriptor);
  }
}

interface Node {
  readonly descriptor: number;
  /** For errors. */
  readonly path: string;
}

interface Wanted {
  readonly label: string;
  /** How many were labelled. */
  done: number;
}

/** A directory comes after what is in it: one that bears the label is whole. */
async function relabelNode({ descriptor, path }: Node, wanted: Wanted): Promise<void> {
  if (++wanted.done % AT_ONCE === 0) await setImmediate();
  if (fstatSync(descriptor).isDirectory()) {
    for (const name of readdirSync(selfOf(descriptor), { encoding: "latin1" })) {
      const child = openChild({ descriptor, path }, name);
      if (child === undefined) continue;
      try {
        await relabelNode({ descriptor: child, path: `${path}/${name}` }, wanted);
      } finally {
        closeSync(child);
      }
    }
  }
  const value = stableCString(wanted.label);
  const args = [
    stableCString(selfOf(descriptor)),
    stableCString(ATTRIBUTE),
    value,
    value.length,
    0,
  ];
  systemCall({ name: "setxattr", args, what: `label ${path} as ${wanted.label}` });
}

/** What stands under a name now; undefined where it is gone, or hidden by a mount. */
function openChild({ descriptor, path }: Node, name: string): number | undefined {
  const args = [descriptor, cName(name), CHILD, OPEN_HOW_BYTES];
  try {
    return systemCall({ name: "openat2", args, what: `open ${path}/${name}` });
  } catch (error) {
    if (PASSED_OVER.has(errorCode(error) ?? "")) return undefined;
    throw error;
  }
}

/** The label without the zero at its end; undefined where there is none. */
function labelOf(descriptor: number): string | undefined {
  const value = stableBytes(MAX_LABEL_BYTES);
  const args = [stableCString(selfOf(descriptor)), stableCString(ATTRIBUTE), value, value.length];
  try {
    const length = systemCall({ name: "getxattr", args, what: `read ${ATTRIBUTE}` });
    return value.toString("utf8", 0, length).replace(/\0$/, "");
  } catch (error) {
    if (errorCode(error) === "ENODATA") return undefined;
    throw error;
  }
}

/** A descriptor that is only a place takes no attribute; the kernel's own link to it does. */
function selfOf(descriptor: number): string {
  return `/proc/self/fd/${descriptor}`;
}
