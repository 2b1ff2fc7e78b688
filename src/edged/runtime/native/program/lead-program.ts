import { Steps } from "#linux/steps.ts";
import { CLONE, MS, PR } from "./kernel.ts";
import { becomeUser, control, filterCalls } from "./process.ts";
import { takeAsRoot } from "./root.ts";
import { enterUserNamespace, openUserNamespace } from "./user-namespace.ts";

/** The user of Kubernetes' own pause image. */
const PAUSE_USER = 65_535;
/** A directory of the host that the new root is mounted on, which nobody but this process sees. */
const ANY_DIRECTORY = "/proc";

export interface LeadPlan {
  /** The filter of its system calls. Absent: none. */
  readonly filter: Uint8Array | undefined;
  /** Whether the pod has a user namespace of its own. */
  readonly ownUsers: boolean;
}

/**
 * What the first process does where the containers of a pod share their processes. It is in all of
 * their sight, and one that may trace others gets whatever it has: so it has an empty root, no rights,
 * and the filter of one without capabilities.
 */
export function leadProgram({ filter, ownUsers }: LeadPlan): Steps {
  const steps = new Steps();
  const namespace = ownUsers ? openUserNamespace(steps) : undefined;
  const why = "enter an empty root";
  steps.call("unshare", [CLONE.NEWNS], { why });
  steps.call("mount", ["", "/", "", MS.REC | MS.PRIVATE, ""], { why });
  const flags = MS.RDONLY | MS.NOSUID | MS.NODEV | MS.NOEXEC;
  steps.call("mount", ["tmpfs", ANY_DIRECTORY, "tmpfs", flags, "mode=755"], { why });
  steps.call("chdir", [ANY_DIRECTORY], { why });
  takeAsRoot(steps, why);
  if (namespace) enterUserNamespace(steps, namespace);
  becomeUser(steps, { uid: PAUSE_USER, gid: PAUSE_USER, groups: [], capabilities: [] });
  control(steps, [PR.SET_NO_NEW_PRIVS, 1], "forbid new privileges");
  if (filter) filterCalls(steps, filter);
  steps.pause();
  return steps;
}
