import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { errorCode, UserError } from "#lib/errors.ts";
import { lockFile } from "#linux/file-lock.ts";
import { RUN_DIRECTORY } from "./site-runtime.ts";

/**
 * Makes sure that nobody else acts for a site on this host: a copy of a data directory is the same
 * site, and would take its containers, links and cgroups for its own. Who may not write to `/run` has
 * none of these either, and is let through.
 * @throws {UserError} when the site runs from another directory.
 */
export function lockSite(siteId: string, dataDir: string): Disposable {
  const path = lockPath(siteId);
  let lock: Disposable | undefined;
  try {
    mkdirSync(RUN_DIRECTORY, { recursive: true, mode: 0o700 });
    lock = lockFile(path);
  } catch (error) {
    if (!NOT_OURS.has(errorCode(error) ?? "")) throw error;
    return { [Symbol.dispose]: () => undefined };
  }
  if (lock === undefined) {
    const other = readFileSync(path, "utf8").trim();
    if (other === dataDir) {
      throw new UserError(`Another edgesite runs on ${dataDir}. Stop it with 'edgesite stop'`);
    }
    throw new UserError(
      `The site of ${dataDir} runs already, from ${other}: one of them is a copy of the other. Stop that one, or choose another --data-dir`,
    );
  }
  writeFileSync(path, `${dataDir}\n`);
  return lock;
}

/** Takes away what stays of a lock; its holder may hold it. */
export function removeLock(siteId: string): void {
  rmSync(lockPath(siteId), { force: true });
}

const lockPath = (siteId: string): string => join(RUN_DIRECTORY, `${siteId}.lock`);

const NOT_OURS: ReadonlySet<string> = new Set(["EACCES", "EPERM", "EROFS"]);
