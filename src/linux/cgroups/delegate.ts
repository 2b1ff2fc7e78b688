import { chownSync, existsSync } from "node:fs";
import { join } from "node:path";
import { readControl } from "./control-file.ts";

/** The files of a group that go with it, as the kernel lists them (Linux 4.15). */
const LIST = "/sys/kernel/cgroup/delegate";

/**
 * Gives the directory of a group of version 2 to a user (cgroup-v2.rst, "Delegation"): he makes groups
 * below it and moves its processes there; its own limits are not his to change.
 */
export function delegateTo(owner: number, directory: string): void {
  const files = (readControl(LIST) ?? "").split("\n").filter((name) => name !== "");
  for (const path of [directory, ...files.map((name) => join(directory, name))]) {
    if (existsSync(path)) chownSync(path, owner, owner);
  }
}
