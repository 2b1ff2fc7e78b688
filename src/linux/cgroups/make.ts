import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { errorCode } from "#lib/errors.ts";
import { CgroupError, readControl, writeControl } from "./control-file.ts";
import type { Hierarchy } from "./layout.ts";

/**
 * Makes a group in one hierarchy with all that stands above it, so that its controllers work.
 * @throws {CgroupError} when the kernel does not let it have them.
 */
export function makeIn(hierarchy: Hierarchy, path: string): void {
  let parent = hierarchy.mountPoint;
  for (const part of path.split("/")) {
    const directory = join(parent, part);
    if (hierarchy.version === 2) passDown(parent, hierarchy.controllers);
    const made = makeDirectory(directory);
    if (made && hierarchy.version === 1) prepareLegacy(directory, hierarchy.controllers);
    parent = directory;
  }
}

/** Lets the groups below have the controllers that a group itself has. */
function passDown(directory: string, controllers: readonly string[]): void {
  const file = join(directory, "cgroup.subtree_control");
  const passed = words(readControl(file));
  const missing = controllers.filter((name) => PASSED_DOWN.has(name) && !passed.includes(name));
  if (missing.length === 0) return;
  try {
    writeControl(file, missing.map((name) => `+${name}`).join(" "));
  } catch (error) {
    throw explained(error, directory);
  }
}

/** Controllers of version 2 that are of use here. */
const PASSED_DOWN: ReadonlySet<string> = new Set(["cpu", "io", "memory", "pids"]);

/** What the two rules of version 2 that are easily broken mean for a person. */
function explained(error: unknown, directory: string): unknown {
  const code = error instanceof CgroupError ? error.code : undefined;
  if (code === "EBUSY") {
    const why = `processes run in ${directory} itself, and version 2 wants them in groups below it`;
    return new CgroupError(
      `Cannot give controllers to the cgroups below ${directory}: ${why}`,
      error,
    );
  }
  if (code === "EOPNOTSUPP") {
    const why = `it is threaded, and cannot hold whole processes`;
    return new CgroupError(
      `Cannot give controllers to the cgroups below ${directory}: ${why}`,
      error,
    );
  }
  return error;
}

/** Whether it was not there before. */
function makeDirectory(directory: string): boolean {
  try {
    mkdirSync(directory, { mode: 0o755 });
    return true;
  } catch (error) {
    if (errorCode(error) === "EEXIST") return false;
    throw new CgroupError(`Cannot make the cgroup ${directory}`, error);
  }
}

function prepareLegacy(directory: string, controllers: readonly string[]): void {
  // Before Linux 5.11 the groups below count by themselves unless this is said.
  const hierarchical = join(directory, "memory.use_hierarchy");
  if (controllers.includes("memory") && readControl(hierarchical)?.trim() === "0") {
    writeControl(hierarchical, "1");
  }
}

function words(text: string | undefined): readonly string[] {
  return (text ?? "").split(/\s+/).filter((word) => word !== "");
}
