import { Steps } from "#linux/steps.ts";
import { joinCgroups } from "./container-program.ts";
import { CLONE, PR } from "./kernel.ts";
import { type Sysctls, setSysctls } from "./sysctls.ts";

const USERS = 5;

/** What a process does that only holds a user namespace until its IDs are mapped. */
export function userNamespaceProgram(cgroupFiles: readonly string[]): Steps {
  const steps = holder(cgroupFiles);
  steps.call("unshare", [CLONE.NEWUSER], {
    why: "make a user namespace, of which user.max_user_namespaces allows so many",
  });
  steps.pause();
  return steps;
}

/**
 * What a process does that makes a pod's namespaces inside of its user namespace, descriptor 5, so
 * that this one owns them, and holds them until somebody else has joined.
 */
export function ownedNamespacesProgram(cgroupFiles: readonly string[], sysctls: Sysctls): Steps {
  const steps = holder(cgroupFiles);
  const why = "make the namespaces of the pod";
  steps.call("setns", [USERS, CLONE.NEWUSER], { why: "enter the user namespace of the pod" });
  steps.call("setresgid", [0, 0, 0], { why });
  steps.call("setresuid", [0, 0, 0], { why });
  steps.call("unshare", [CLONE.NEWNET | CLONE.NEWUTS | CLONE.NEWIPC], { why });
  setSysctls(steps, sysctls);
  steps.pause();
  return steps;
}

/** In the pod's cgroup it goes with the pod, whatever becomes of who started it. */
function holder(cgroupFiles: readonly string[]): Steps {
  const steps = new Steps();
  joinCgroups(steps, cgroupFiles);
  steps.call("prctl", [PR.SET_DUMPABLE, 0, 0, 0, 0], { why: "hide from other processes" });
  return steps;
}
