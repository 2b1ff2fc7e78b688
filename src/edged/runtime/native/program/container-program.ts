import type { DeviceNode } from "#linux/devices/rules.ts";
import { Steps } from "#linux/steps.ts";
import { type BindMount, bindSources, copySources } from "./bind.ts";
import { makeDevices, readNothing } from "./devices.ts";
import { writeFile } from "./host-file.ts";
import { CLONE, MS } from "./kernel.ts";
import { guardKernel, mountProcAndSys, type ProcAndSys } from "./proc-and-sys.ts";
import { askForLabels, becomeProcess, type ContainerProcess } from "./process.ts";
import { enterRoot, makeDirectory, mountRoot, type RootDirectories } from "./root.ts";
import { makeTerminal } from "./terminal.ts";
import { enterUserNamespace, furnishAsPodsRoot, openUserNamespace } from "./user-namespace.ts";

/** All that makes a container, decided: nothing is looked up any more. */
export interface ContainerPlan {
  readonly root: RootDirectories;
  readonly readOnlyRoot: boolean;
  /** Files that a process joins the container's cgroups through. */
  readonly cgroupFiles: readonly string[];
  readonly oomScoreAdj: number;
  readonly kernel: ProcAndSys;
  /** Shows /proc as the kernel does. */
  readonly unguarded: boolean;
  readonly devices: readonly DeviceNode[];
  /** In the order in which they are mounted. */
  readonly mounts: readonly BindMount[];
  readonly tty: boolean;
  readonly stdin: boolean;
  readonly process: ContainerProcess;
}

/** Joins the cgroups before anything else, so that all that the container uses is counted and bounded. */
export function joinCgroups(steps: Steps, files: readonly string[]): void {
  for (const path of files) writeFile(steps, { path, text: "0" });
}

/** A program may open what its streams lead to anew, as /dev/stdout; the host made them as its own. */
function giveStreams(
  steps: Steps,
  descriptors: readonly number[],
  { uid, users }: ContainerProcess,
): void {
  const owner = (users?.first ?? 0) + uid;
  for (const descriptor of descriptors) {
    steps.call("fchown", [descriptor, owner, -1], { why: `give the streams to user ${uid}` });
  }
}

/**
 * What the first process of a container does from its birth to its execve. It starts as a child of
 * its pod's shim, with the pod's namespaces and the host's mounts.
 */
export function containerProgram(plan: ContainerPlan): Steps {
  const { root: directories, kernel, devices, mounts, process } = plan;
  const steps = new Steps();
  steps.call("setsid", [], { tolerate: ["EPERM"], why: "begin a session" });
  joinCgroups(steps, plan.cgroupFiles);
  writeFile(steps, { path: "/proc/self/oom_score_adj", text: String(plan.oomScoreAdj) });
  askForLabels(steps, process);
  steps.call("unshare", [CLONE.NEWNS], { why: "get mounts of its own" });
  steps.call("unshare", [CLONE.NEWCGROUP], { why: "see its own cgroups", tolerate: ["EINVAL"] });
  steps.call("umask", [0]);
  const namespace = process.users && openUserNamespace(steps);
  const trees = copySources(steps, mounts, namespace);
  steps.call("mount", ["", "/", "", MS.REC | MS.SLAVE, ""], {
    why: "leave the host's mounts alone",
  });
  const root = mountRoot(steps, directories, namespace);
  if (process.users) furnishAsPodsRoot(steps, process.users);
  mountProcAndSys(root, kernel);
  const dev = makeDevices(root, devices, process.users);
  if (!plan.stdin) readNothing(root, dev);
  bindSources(root, trees);
  if (!plan.unguarded) guardKernel(root, kernel.paths, dev);
  makeDirectory(root, process.workingDir);
  if (plan.tty) makeTerminal(root, dev);
  const kept = plan.stdin || plan.tty ? [0, 1, 2] : [1, 2];
  giveStreams(steps, kept, process);
  enterRoot(root, { readOnly: plan.readOnlyRoot });
  if (namespace) enterUserNamespace(steps, namespace);
  becomeProcess(steps, process);
  return steps;
}
