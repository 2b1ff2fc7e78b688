import { closeSync, existsSync } from "node:fs";
import { release } from "node:os";
import { explain } from "#lib/errors.ts";
import { openBeneath, RESOLVE } from "../open-beneath.ts";
import { type Finding, findingOf } from "./finding.ts";

/** The first kernel with openat2(2). */
const NATIVE_KERNEL = { major: 5, minor: 6 };

/** Whether the kernel is new enough for containers without an engine. */
export function probeKernel(version = release()): Finding {
  const { ok, failed } = findingOf("kernel", "native");
  const [major = 0, minor = 0] = version.split(".").map((part) => Number.parseInt(part, 10));
  const { major: least, minor: leastMinor } = NATIVE_KERNEL;
  if (major > least || (major === least && minor >= leastMinor)) return ok(version);
  return failed(
    `${version}, older than ${least}.${leastMinor}`,
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
