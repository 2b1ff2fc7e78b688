import { Steps } from "#linux/steps.ts";
import { joinCgroups } from "./container-program.ts";
import { writeFile } from "./host-file.ts";
import { CLONE, PR } from "./kernel.ts";
import { becomeProcess, type ContainerProcess } from "./process.ts";
import { openMaster, takeTerminal } from "./terminal.ts";

export interface ExecPlan {
  /** With a terminal, whose sizes the program reads from its second descriptor, `struct winsize` each. */
  readonly terminal: boolean;
  readonly cgroupFiles: readonly string[];
  readonly oomScoreAdj: number;
  readonly process: ContainerProcess;
}

/** Where it finds a pidfd of the container's first process, and the sizes of its terminal. */
const CONTAINER = 5;
const SIZES = 6;
const NAMESPACES =
  CLONE.NEWNS | CLONE.NEWCGROUP | CLONE.NEWUTS | CLONE.NEWIPC | CLONE.NEWPID | CLONE.NEWNET;

/**
 * What a process does that joins a running container. While it still has the host's rights nobody in
 * the container can look into it or trace it (CVE-2016-9962, CVE-2019-5736): it is not dumpable, and
 * its program lies in sealed memory.
 */
export function execProgram(plan: ExecPlan): Steps {
  const steps = new Steps();
  joinCgroups(steps, plan.cgroupFiles);
  writeFile(steps, { path: "/proc/self/oom_score_adj", text: String(plan.oomScoreAdj) });
  const { label } = plan.process;
  steps.call("prctl", [PR.SET_DUMPABLE, 0, 0, 0, 0], { why: "hide from other processes" });
  steps.call("setns", [CONTAINER, NAMESPACES], { why: "join the container" });
  const master = plan.terminal ? openMaster(steps) : undefined;
  if (master) steps.forkAndRelay(master, SIZES);
  else steps.forkAndWait();
  if (label) writeFile(steps, label);
  steps.call("setsid", [], { why: "begin a session" });
  if (master) takeTerminal(steps, master);
  becomeProcess(steps, plan.process);
  return steps;
}
