import { readFileSync, writeFileSync } from "node:fs";
import { errorCode } from "#lib/errors.ts";

/**
 * The value of a kernel parameter in the namespaces of the calling thread; `undefined` when this
 * kernel has none of that name. Slashes separate, since the names of links may hold dots:
 * `net/ipv4/ip_forward`.
 */
export function readSysctl(name: string): string | undefined {
  try {
    return readFileSync(pathOf(name), "utf8").trim();
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** Sets a kernel parameter; writes nothing when it has that value already. */
export function writeSysctl(name: string, value: string): void {
  if (readSysctl(name) !== value) writeFileSync(pathOf(name), value);
}

/** The calling thread's view: other threads may be in other network namespaces. */
function pathOf(name: string): string {
  return `/proc/sys/${name}`;
}
