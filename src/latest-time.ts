import { statSync } from "node:fs";
import type { DataDirectory } from "./data-directory.ts";
import { version } from "./version.ts";

/**
 * The latest time that is known to be over. The clock of a box without a battery starts at 1970:
 * then it is when edgesite was built, or when something was written here last.
 */
export function latestTime({ database, pki }: DataDirectory): Date {
  const written = [database, `${database}-wal`, pki].map(
    (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0,
  );
  return new Date(Math.max(Date.now(), Date.parse(version.buildTime), ...written));
}
