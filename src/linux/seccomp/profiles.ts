import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { explain } from "#lib/errors.ts";
import defaultText from "./data/moby-default.json" with { type: "text" };
import { parseSeccompProfile, SeccompProfileError } from "./parse-profile.ts";
import type { SeccompProfile } from "./profile.ts";

/** The profile that Docker gives to containers. */
export function defaultSeccompProfile(): SeccompProfile {
  return parseSeccompProfile(defaultText);
}

/**
 * A profile of the node, `localhost/<name>` in a pod: a file below `directory`.
 * @throws {SeccompProfileError} when there is none of that name, or it cannot be used.
 */
export async function localSeccompProfile(
  directory: string,
  name: string,
): Promise<SeccompProfile> {
  if (name === "" || name.startsWith("/") || name.split("/").includes("..")) {
    throw new SeccompProfileError(`The seccomp profile "${name}" is not below ${directory}`);
  }
  const path = join(directory, name);
  try {
    return parseSeccompProfile(await readFile(path, "utf8"));
  } catch (error) {
    throw new SeccompProfileError(`Cannot use the seccomp profile ${path}: ${explain(error)}`, {
      cause: error,
    });
  }
}
