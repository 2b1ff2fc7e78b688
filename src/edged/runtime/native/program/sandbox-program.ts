import { sysctlNamespace } from "#api/validation/security.ts";
import { Steps } from "#linux/steps.ts";
import { joinCgroups } from "./container-program.ts";
import { writeFile } from "./host-file.ts";
import { CLONE, O, PR } from "./kernel.ts";
import { type Sysctls, setSysctls } from "./sysctls.ts";

export interface SandboxPlan {
  /** The sandbox's own directory, in memory: the socket of its shim is made there. */
  readonly directory: string;
  readonly cgroupFiles: readonly string[];
  readonly oomScoreAdj: number;
  readonly hostname: string;
  readonly hostNetwork: boolean;
  readonly hostIPC: boolean;
  /** Its namespaces are there: those of a process, whose pidfd is descriptor 5. */
  readonly made: boolean;
  readonly sysctls: Sysctls;
}

/** Name of the socket in the sandbox's directory. */
export const SHIM_SOCKET = "shim.sock";

const AF_UNIX = 1;
const AF_INET = 2;
const SOCK_STREAM = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = O.CLOEXEC;
const SIOCSIFFLAGS = 0x8914;
const IFF_UP = 1;
const IFREQ_BYTES = 40;
const IFREQ_FLAGS_OFFSET = 16;
const BACKLOG = 4;
const MAKER = 5;
const OWNER_ONLY = 0o177;

/**
 * What the shim of a sandbox does at its birth: it leaves the session and the cgroup of the site that
 * started it, makes the namespaces of the pod, and serves. It is the process that holds them.
 */
export function sandboxProgram(plan: SandboxPlan): Steps {
  const { directory, cgroupFiles, hostname, hostNetwork, hostIPC, sysctls } = plan;
  const steps = new Steps();
  steps.call("setsid", [], { tolerate: ["EPERM"], why: "begin a session" });
  steps.call("prctl", [PR.SET_DUMPABLE, 0, 0, 0, 0], { why: "hide from other processes" });
  steps.call("prctl", [PR.SET_CHILD_SUBREAPER, 1, 0, 0, 0], { why: "adopt orphans" });
  joinCgroups(steps, cgroupFiles);
  writeFile(steps, { path: "/proc/self/oom_score_adj", text: String(plan.oomScoreAdj) });
  // The host's name is the host's network's name, as Docker has it.
  const own = [
    ...(hostNetwork ? [] : [CLONE.NEWNET, CLONE.NEWUTS]),
    ...(hostIPC ? [] : [CLONE.NEWIPC]),
  ];
  const flags = own.reduce((all, flag) => all | flag, 0);
  if (plan.made) steps.call("setns", [MAKER, flags], { why: "join the namespaces of the pod" });
  else if (flags !== 0) {
    steps.call("unshare", [flags], { why: "make the namespaces of the pod" });
  }
  if (!hostNetwork) {
    const name = new TextEncoder().encode(hostname);
    steps.call("sethostname", [name, name.length], { why: `take the host name ${hostname}` });
    bringUpLoopback(steps);
  }
  for (const name of Object.keys(sysctls)) checkSysctl(name, plan);
  setSysctls(steps, sysctls);
  steps.serve(listen(steps, directory));
  return steps;
}

/** A pod changes what is its own, in the words of runc, which keeps Docker's to that. */
function checkSysctl(name: string, { hostNetwork, hostIPC }: SandboxPlan): void {
  const namespace = sysctlNamespace(name);
  const isHosts = namespace === "ipc" ? hostIPC : hostNetwork;
  if (namespace === undefined || isHosts) {
    throw new Error(`sysctl "${name}" is not in a separate kernel namespace`);
  }
}

function bringUpLoopback(steps: Steps): void {
  const why = "bring up lo";
  const request = Buffer.alloc(IFREQ_BYTES);
  request.write("lo");
  request.writeUInt16LE(IFF_UP, IFREQ_FLAGS_OFFSET);
  const socket = steps.call("socket", [AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0], { why });
  steps.call("ioctl", [socket, SIOCSIFFLAGS, request], { why });
  steps.call("close", [socket], { why });
}

/** The path is relative: the kernel takes 108 bytes of it. */
function listen(steps: Steps, directory: string) {
  const why = `listen in ${directory}`;
  const path = Buffer.from(`${SHIM_SOCKET}\0`);
  const address = Buffer.concat([Buffer.from(Uint16Array.of(AF_UNIX).buffer), path]);
  steps.call("chdir", [directory], { why });
  steps.call("umask", [OWNER_ONLY], { why });
  const socket = steps.call("socket", [AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0], { why });
  steps.call("bind", [socket, address, address.length], { why });
  steps.call("listen", [socket, BACKLOG], { why });
  steps.call("umask", [0o022], { why });
  return socket;
}
