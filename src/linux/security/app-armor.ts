import { existsSync } from "node:fs";
import { readableText } from "../readable-text.ts";

const PARSERS = ["/sbin/apparmor_parser", "/usr/sbin/apparmor_parser"];
const PROFILES = "/sys/kernel/security/apparmor/profiles";
/** How long the parser may take. */
const PARSE_MS = 30_000;

/** What a container gets where its pod asks for nothing else. */
export const DEFAULT_APP_ARMOR_PROFILE = "edgesite-default";

/** A pod's `appArmorProfile`. */
export type AppArmorWish =
  | { readonly type: "default" }
  | { readonly type: "unconfined" }
  | { readonly type: "localhost"; readonly name: string };

/** What a process writes about itself before it becomes another program. */
export interface ExecAttribute {
  /** The first that there is: kernels before 5.8 have the second alone. */
  readonly files: readonly string[];
  readonly value: string;
}

/** AppArmor cannot do what a pod asks for. */
export class AppArmorError extends Error {
  override readonly name = "AppArmorError";
}

/** Whether this kernel confines by AppArmor. */
export function appArmorEnabled(): boolean {
  return readableText("/sys/module/apparmor/parameters/enabled")?.startsWith("Y") ?? false;
}

/**
 * Loads the default profile, if this host has AppArmor and what compiles profiles for it. Answers
 * whether containers can be confined by it.
 * @throws {AppArmorError} when the parser refuses it.
 */
export async function loadDefaultAppArmorProfile(signal: AbortSignal): Promise<boolean> {
  const parser = PARSERS.find((path) => existsSync(path));
  if (!appArmorEnabled() || parser === undefined) return false;
  const child = Bun.spawn([parser, "-Kr"], {
    stdin: Buffer.from(appArmorProfile(DEFAULT_APP_ARMOR_PROFILE)),
    stdout: "ignore",
    stderr: "pipe",
    signal: AbortSignal.any([signal, AbortSignal.timeout(PARSE_MS)]),
  });
  const [code, message] = await Promise.all([child.exited, child.stderr.text()]);
  if (code === 0) return true;
  throw new AppArmorError(
    `Cannot load the AppArmor profile ${DEFAULT_APP_ARMOR_PROFILE}: ${message.trim() || `exit code ${code}`}`,
  );
}

/**
 * The profile for a container; undefined where it goes unconfined. `defaultLoaded` is the answer of
 * `loadDefaultAppArmorProfile`.
 * @throws {AppArmorError} when a profile of the node is asked for that is not there.
 */
export function chooseAppArmorProfile(
  wish: AppArmorWish,
  defaultLoaded: boolean,
): string | undefined {
  if (wish.type === "unconfined") return undefined;
  if (wish.type === "default") return defaultLoaded ? DEFAULT_APP_ARMOR_PROFILE : undefined;
  if (!appArmorEnabled()) {
    throw new AppArmorError(
      `AppArmor is not enabled on the host, and the profile ${wish.name} is asked for`,
    );
  }
  if (!loadedProfiles().has(wish.name)) {
    throw new AppArmorError(`The AppArmor profile ${wish.name} is not loaded`);
  }
  return wish.name;
}

/** Takes effect with the next execve(2). */
export function appArmorExecAttribute(profile: string): ExecAttribute {
  return {
    files: ["/proc/self/attr/apparmor/exec", "/proc/self/attr/exec"],
    value: `exec ${profile}`,
  };
}

/**
 * The rules of Docker's `docker-default` (github.com/moby/profiles, Apache License 2.0) under
 * another name, so that neither replaces the other.
 */
export function appArmorProfile(name: string, has: (path: string) => boolean = existsSync): string {
  const tunables = has("/etc/apparmor.d/tunables/global")
    ? "#include <tunables/global>"
    : "@{PROC}=/proc/";
  const base = has("/etc/apparmor.d/abstractions/base") ? "  #include <abstractions/base>\n" : "";
  return `${tunables}

profile ${name} flags=(attach_disconnected,mediate_deleted) {
${base}  network,
  capability,
  file,
  umount,
  signal (receive) peer=unconfined,
  signal (send,receive) peer=${name},

  deny @{PROC}/* w,
  deny @{PROC}/{[^1-9],[^1-9][^0-9],[^1-9s][^0-9y][^0-9s],[^1-9][^0-9][^0-9][^0-9/]*}/** w,
  deny @{PROC}/sys/[^k]** w,
  deny @{PROC}/sys/kernel/{?,??,[^s][^h][^m]**} w,
  deny @{PROC}/sysrq-trigger rwklx,
  deny @{PROC}/kcore rwklx,

  deny mount,

  deny /sys/[^f]*/** wklx,
  deny /sys/f[^s]*/** wklx,
  deny /sys/fs/[^c]*/** wklx,
  deny /sys/fs/c[^g]*/** wklx,
  deny /sys/fs/cg[^r]*/** wklx,
  deny /sys/firmware/** rwklx,
  deny /sys/devices/virtual/powercap/** rwklx,
  deny /sys/kernel/security/** rwklx,

  ptrace (trace,read,tracedby,readby) peer=${name},
}
`;
}

/** `name (enforce)`, one a line. */
function loadedProfiles(): ReadonlySet<string> {
  const lines = (readableText(PROFILES) ?? "").split("\n");
  return new Set(lines.map((line) => line.replace(/ \(\w+\)$/, "")));
}
