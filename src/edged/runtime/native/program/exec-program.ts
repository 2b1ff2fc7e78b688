import { Steps } from "#linux/steps.ts";
import { joinCgroups } from "./container-program.ts";
import { writeFile } from "./host-file.ts";
import { CLONE, PR } from "./kernel.ts";
import { askForLabels, becomeProgram, type ContainerProcess, giveUpRights } from "./process.ts";
import { openMaster, takeTerminal } from "./terminal.ts";
import { makeAsPodsRoot } from "./user-namespace.ts";

export interface ExecPlan {
  /** With a terminal, whose sizes the program reads from its second descriptor, `struct winsize` each. */
  readonly terminal: boolean;
  readonly cgroupFiles: readonly string[];
  readonly oomScoreAdj: number;
  readonly process: ContainerProcess;
}

/** Where it finds its program, a pidfd of the container's first process, and the sizes of its terminal. */
const PROGRAM = 3;
const CONTAINER = 5;
const SIZES = 6;
const NAMESPACES = CLONE.NEWNS | CLONE.NEWCGROUP | CLONE.NEWUTS | CLONE.NEWIPC | CLONE.NEWNET;

/**
 * What a process does that joins a running container. It gives up the host's rights while it is still
 * outside of the container's processes: nobody there, with CAP_SYS_PTRACE neither, ever sees one that
 * has them (CVE-2016-9962). Its program lies in sealed memory that nothing else runs from
 * (CVE-2019-5736), and it is not dumpable.
 */
export function execProgram({ terminal, cgroupFiles, oomScoreAdj, process }: ExecPlan): Steps {
  const steps = new Steps();
  joinCgroups(steps, cgroupFiles);
  writeFile(steps, { path: "/proc/self/oom_score_adj", text: String(oomScoreAdj) });
  // Here /proc is the host's: what lies in the container's is up to the container (CVE-2019-16884).
  askForLabels(steps, process);
  // Nothing that lies in the container is opened with the host's rights over files.
  if (process.users) makeAsPodsRoot(steps, process.users);
  steps.call("prctl", [PR.SET_DUMPABLE, 0, 0, 0, 0], { why: "hide from other processes" });
  steps.call("setns", [CONTAINER, NAMESPACES], { why: "join the container" });
  const master = terminal ? openMaster(steps) : undefined;
  if (master) steps.forkAndRelay(master, SIZES);
  else steps.forkAndWait();
  steps.call("setns", [CONTAINER, CLONE.NEWPID], { why: "join the container's processes" });
  if (process.users) {
    steps.call("setns", [CONTAINER, CLONE.NEWUSER], { why: "enter the user namespace of the pod" });
  }
  for (const own of [PROGRAM, CONTAINER, ...(master ? [SIZES] : [])]) steps.call("close", [own]);
  giveUpRights(steps, process);
  steps.forkSibling();
  steps.call("setsid", [], { why: "begin a session" });
  if (master) takeTerminal(steps, master);
  becomeProgram(steps, process);
  return steps;
}
