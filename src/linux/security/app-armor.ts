import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readableText } from "../readable-text.ts";
import { appArmorProfile } from "./app-armor-profile.ts";

const PARSERS = ["/sbin/apparmor_parser", "/usr/sbin/apparmor_parser"];
const INTERFACE = "/sys/kernel/security/apparmor";
/** How long the parser may take. */
const PARSE_MS = 30_000;

/** A pod's `appArmorProfile`; absent where it asks for nothing. */
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

/** What this host can do with AppArmor. */
export type AppArmorHost =
  | { readonly state: "off" }
  /** The kernel has it, but profiles cannot be loaded. */
  | { readonly state: "unusable"; readonly reason: string; readonly advice: string }
  | { readonly state: "ready"; readonly parser: string };

/** Whether this kernel confines by AppArmor. */
export function appArmorEnabled(): boolean {
  return readableText("/sys/module/apparmor/parameters/enabled")?.startsWith("Y") ?? false;
}

/** Looks whether profiles can be loaded, and what is missing where they cannot. */
export function appArmorHost(
  enabled = appArmorEnabled(),
  has: (path: string) => boolean = existsSync,
): AppArmorHost {
  if (!enabled) return { state: "off" };
  if (!has(INTERFACE)) {
    return {
      state: "unusable",
      reason: "AppArmor is on, and its interface is not mounted",
      advice: "mount -t securityfs none /sys/kernel/security",
    };
  }
  const parser = PARSERS.find(has);
  if (parser !== undefined) return { state: "ready", parser };
  return {
    state: "unusable",
    reason: "AppArmor is on, and nothing to load its profiles with is installed",
    advice: "Install the package apparmor",
  };
}

/**
 * Loads a profile with Docker's rules for containers, in place of an older one of that name.
 * @throws {AppArmorError} when the parser refuses it.
 */
export async function loadAppArmorProfile(
  { name, parser }: { readonly name: string; readonly parser: string },
  signal: AbortSignal,
): Promise<void> {
  const child = Bun.spawn([parser, "-Kr"], {
    stdin: Buffer.from(appArmorProfile(name)),
    stdout: "ignore",
    stderr: "pipe",
    signal: AbortSignal.any([signal, AbortSignal.timeout(PARSE_MS)]),
  });
  const [code, message] = await Promise.all([child.exited, child.stderr.text()]);
  if (code === 0) return;
  throw new AppArmorError(
    `Cannot load the AppArmor profile ${name}: ${message.trim() || `exit code ${code}`}`,
  );
}

/** Takes a profile out of the kernel again; one that is not loaded is fine. */
export function removeAppArmorProfile(name: string): void {
  if (appArmorEnabled() && loadedProfiles().has(name)) {
    writeFileSync(join(INTERFACE, ".remove"), name);
  }
}

/**
 * The profile for a container; undefined where it goes unconfined. `own` is that of the site's
 * containers, where it could be loaded.
 * @throws {AppArmorError} when a profile is asked for that is not there.
 */
export function chooseAppArmorProfile(
  wish: AppArmorWish | undefined,
  own: string | undefined,
): string | undefined {
  if (wish === undefined) return own;
  if (wish.type === "unconfined") return undefined;
  if (wish.type === "default") {
    if (own !== undefined) return own;
    throw new AppArmorError(
      "The default AppArmor profile is asked for and could not be loaded: edgesite check says why",
    );
  }
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

/** The names of the profiles that the kernel has; of each line `name (enforce)`. */
export function loadedProfiles(): ReadonlySet<string> {
  const lines = (readableText(join(INTERFACE, "profiles")) ?? "").split("\n");
  return new Set(lines.map((line) => line.replace(/ \(\w+\)$/, "")));
}
