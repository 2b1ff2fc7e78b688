import {
  boundingDrops,
  type Capability,
  capabilitySets,
  capsetArguments,
} from "#linux/capabilities.ts";
import type { Steps } from "#linux/steps.ts";
import type { IdRange } from "../users/id-ranges.ts";
import { type HostText, writeFile } from "./host-file.ts";
import { PR, PR_CAP_AMBIENT_CLEAR_ALL, SIGKILL } from "./kernel.ts";

/** What runs in a container, as whom, and what it may: of its first process and of those that join it. */
export interface ContainerProcess {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly workingDir: string;
  readonly uid: number;
  readonly gid: number;
  /** Groups beside `gid`. */
  readonly groups: readonly number[];
  readonly capabilities: readonly Capability[];
  readonly noNewPrivileges: boolean;
  /** The host's IDs that stand for the pod's. Absent: they are the same. */
  readonly users?: IdRange;
  /** The filter of its system calls, classic BPF; absent: none. */
  readonly seccomp?: Uint8Array;
  /** What is written to make execve change the label: AppArmor's or SELinux' profile. */
  readonly label?: HostText;
  /** What is written to give the keyrings that it makes a label of SELinux. */
  readonly keyLabel?: HostText;
}

const SECCOMP_SET_MODE_FILTER = 1;
const BPF_INSTRUCTION_BYTES = 8;
const SECCOMP_POINTER_OFFSET = 8;
const MAX_PATH_BYTES = 4096;
const DEFAULT_UMASK = 0o022;
const REPORT_DESCRIPTOR = 4;
const KEYCTL_JOIN_SESSION_KEYRING = 1;

/**
 * The last steps of a container's first process: it becomes the user, gives up what it must not have,
 * and turns into the program. Nothing of the host is open when it does (CVE-2024-21626).
 */
export function becomeProcess(steps: Steps, process: ContainerProcess): void {
  closeDescriptors(steps);
  giveUpRights(steps, process);
  becomeProgram(steps, process);
}

/** Asks for the labels that execve and new keyrings get; where /proc is the host's. */
export function askForLabels(steps: Steps, { label, keyLabel }: ContainerProcess): void {
  if (label) writeFile(steps, label);
  if (keyLabel) writeFile(steps, keyLabel);
}

/** Enters the working directory, becomes the user and gives up what the program must not have. */
export function giveUpRights(steps: Steps, process: ContainerProcess): void {
  const { workingDir, noNewPrivileges, seccomp } = process;
  steps.call("chdir", [workingDir], { why: `enter the working directory ${workingDir}` });
  expectInsideRoot(steps, workingDir);
  steps.call("keyctl", [KEYCTL_JOIN_SESSION_KEYRING, 0], {
    why: "make a session keyring",
    tolerate: ["ENOSYS", "EPERM", "EACCES", "EDQUOT"],
  });
  if (noNewPrivileges) control(steps, [PR.SET_NO_NEW_PRIVS, 1], "forbid new privileges");
  // Without no_new_privs a filter needs the rights that are given up next.
  if (seccomp && !noNewPrivileges) filterCalls(steps, seccomp);
  becomeUser(steps, process);
}

/** Turns a process that has given up its rights into the program. */
export function becomeProgram(steps: Steps, process: ContainerProcess): void {
  const { noNewPrivileges, seccomp } = process;
  if (seccomp && noNewPrivileges) filterCalls(steps, seccomp);
  execute(steps, process);
}

/** All but the one that tells of a failure, a pipe. Before Linux 5.9 execve alone closes them. */
function closeDescriptors(steps: Steps): void {
  const options = { why: "close what is open", tolerate: ["ENOSYS"] } as const;
  steps.call("close_range", [REPORT_DESCRIPTOR + 1, 2 ** 32 - 1, 0], options);
  steps.call("close_range", [3, REPORT_DESCRIPTOR - 1, 0], options);
}

/** Where a directory lies outside of the root, the kernel says `(unreachable)` and no path. */
function expectInsideRoot(steps: Steps, workingDir: string): void {
  const path = steps.memory(MAX_PATH_BYTES);
  const why = `look where the working directory ${workingDir} is`;
  steps.call("getcwd", [path, path.bytes.length], { why });
  steps.expect({
    ...{ at: path.at(0), mask: 0xffn, equals: BigInt("/".charCodeAt(0)), error: "EPERM" },
    why: `keep the working directory ${workingDir} inside of the container`,
  });
}

/** Whom a process becomes, and what is left to it. */
type Rights = Pick<ContainerProcess, "uid" | "gid" | "groups" | "capabilities">;

/** Nothing of what the process was before is left to it. */
export function becomeUser(steps: Steps, process: Rights): void {
  const { uid, gid, groups, capabilities } = process;
  const sets = capabilitySets(capabilities, { root: uid === 0 });
  const { header, data } = capsetArguments(sets);
  const who = `become user ${uid} and group ${gid}`;
  for (const number of boundingDrops(sets.bounding)) {
    control(steps, [PR.CAPBSET_DROP, number], "give up capabilities");
  }
  steps.call("setgroups", [groups.length, new Uint8Array(Uint32Array.from(groups).buffer)], {
    why: who,
  });
  if (uid !== 0) control(steps, [PR.SET_KEEPCAPS, 1], who);
  steps.call("setresgid", [gid, gid, gid], { why: who });
  steps.call("setresuid", [uid, uid, uid], { why: who });
  steps.call("capset", [header, data], { why: "give up capabilities" });
  control(steps, [PR.CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL], "give up capabilities");
  // Whoever changes the user also forgets this.
  control(steps, [PR.SET_PDEATHSIG, SIGKILL], "end with the shim");
  steps.call("umask", [DEFAULT_UMASK]);
}

/** prctl(2) with one argument. */
export function control(
  steps: Steps,
  [option, value]: readonly [number, number],
  why: string,
): void {
  steps.call("prctl", [option, value, 0, 0, 0], { why });
}

/** From now on the filter, classic BPF, decides on every system call. */
export function filterCalls(steps: Steps, filter: Uint8Array): void {
  const program = new Uint8Array(16);
  new DataView(program.buffer).setUint16(0, filter.length / BPF_INSTRUCTION_BYTES, true);
  const memory = steps.memory(program, { [SECCOMP_POINTER_OFFSET]: filter });
  steps.call("seccomp", [SECCOMP_SET_MODE_FILTER, 0, memory], { why: "filter system calls" });
}

/** Searches PATH as execvp(3) does; the shell is not asked. */
function execute(steps: Steps, { argv, env }: ContainerProcess): void {
  const [command = ""] = argv;
  const environment = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const why = `run ${JSON.stringify(command)}`;
  const candidates = command.includes("/")
    ? [command]
    : (env["PATH"] ?? "").split(":").map((directory) => `${directory || "."}/${command}`);
  for (const [index, path] of candidates.entries()) {
    const isLast = index === candidates.length - 1;
    steps.call("execve", [path, argv, environment], {
      why,
      tolerate: isLast ? [] : ["ENOENT", "ENOTDIR", "EACCES"],
    });
  }
}
