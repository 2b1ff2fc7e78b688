import { readdirSync, readFileSync } from "node:fs";
import { must } from "#lib/errors.ts";

/** Digits of a container's ID that the names of its cgroups have, whatever runs it. */
const ID_DIGITS = 16;
/** In /proc/PID/stat of one that only waits for its parent to ask how it ended. */
const ENDED = /\) [ZX] /;

/**
 * The processes of a container, the first one first; its ID may have a scheme. They are known by their cgroup, so that no
 * runtime is asked.
 */
export function processesOf(containerID: string): readonly number[] {
  return processesIn(containerID.replace(/^\w+:\/\//, "").slice(0, ID_DIGITS));
}

/** The processes that run in cgroups with `name` in their path. */
export function processesIn(name: string): readonly number[] {
  return readdirSync("/proc")
    .filter((pid) => /^\d+$/.test(pid) && textOf(pid, "cgroup").includes(name))
    .filter((pid) => !ENDED.test(textOf(pid, "stat")))
    .map(Number)
    .toSorted((a, b) => a - b);
}

/** The one that the container began with. */
export function firstProcess(containerID = ""): number {
  return must(processesOf(containerID)[0], `a process of the container ${containerID}`);
}

/** Empty when the process is gone meanwhile. */
function textOf(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return "";
  }
}
