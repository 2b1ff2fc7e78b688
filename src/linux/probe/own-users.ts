import { release } from "node:os";
import { isAtLeast, OLDEST_FOR_OWN_TMPFS, OLDEST_FOR_OWN_USERS } from "../kernel-release.ts";
import { readSysctl } from "../sysctl.ts";
import { type Finding, findingOf } from "./finding.ts";

/** What decides whether pods can have users of their own. */
export interface OwnUsersFacts {
  readonly kernel: string;
  /** `user.max_user_namespaces`; undefined where the kernel has no user namespaces. */
  readonly maxNamespaces: string | undefined;
}

/** Whether pods can have users of their own (`hostUsers: false`), which no other pod needs. */
export function probeOwnUsers(
  { kernel, maxNamespaces }: OwnUsersFacts = {
    kernel: release(),
    maxNamespaces: readSysctl("user/max_user_namespaces"),
  },
): Finding {
  const { ok, note } = findingOf("user namespaces", "native");
  const only = "only pods with hostUsers: false do not start";
  if (maxNamespaces === undefined) return note("the kernel has none", `Nothing to do: ${only}`);
  if (maxNamespaces === "0") {
    return note("switched off", `Set user.max_user_namespaces, or leave it: ${only}`);
  }
  if (isAtLeast(OLDEST_FOR_OWN_TMPFS, kernel)) return ok("allowed");
  const [what, { major, minor }] = isAtLeast(OLDEST_FOR_OWN_USERS, kernel)
    ? ["volumes in memory, as tokens and Secrets are,", OLDEST_FOR_OWN_TMPFS]
    : ["images", OLDEST_FOR_OWN_USERS];
  return note(
    `not with ${what} before Linux ${major}.${minor}`,
    `Update the kernel, or leave it: ${only}`,
  );
}
