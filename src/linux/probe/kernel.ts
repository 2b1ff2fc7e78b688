import { closeSync, existsSync } from "node:fs";
import { release } from "node:os";
import { explain } from "#lib/errors.ts";
import { isAtLeast, OLDEST_FOR_CONTAINERS } from "../kernel-release.ts";
import { openBeneath, RESOLVE } from "../open-beneath.ts";
import { type Finding, findingOf } from "./finding.ts";

/** Whether the kernel is new enough for containers without an engine. */
export function probeKernel(version = release()): Finding {
  const { ok, failed } = findingOf("kernel", "native");
  if (isAtLeast(OLDEST_FOR_CONTAINERS, version)) return ok(version);
  const { major, minor } = OLDEST_FOR_CONTAINERS;
  return failed(
    `${version}, older than ${major}.${minor}`,
    "Update the kernel, or install the Docker Engine",
  );
}

/** Whether paths can be opened without leaving a directory. */
export function probeOpenBeneath(): Finding {
  const { ok, failed } = findingOf("openat2", "native");
  try {
    const how = { resolve: RESOLVE.noMagicLinks };
    closeSync(openBeneath({ directory: AT_FDCWD, path: "/" }, how));
    return ok("works");
  } catch (error) {
    return failed(
      explain(error),
      "Use a kernel from 5.6 on, or a sandbox that lets openat2 through",
    );
  }
}

const AT_FDCWD = -100;

/** Whether system calls can be filtered. */
export function probeSeccomp(actions = "/proc/sys/kernel/seccomp/actions_avail"): Finding {
  const { ok, failed } = findingOf("seccomp", "native");
  if (existsSync(actions)) return ok("filters work");
  return failed("the kernel has no filters", "Use a kernel with CONFIG_SECCOMP_FILTER");
}
