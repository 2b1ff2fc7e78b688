import { randomBytes, randomUUID } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import { errorCode, UserError } from "#lib/errors.ts";

const KEY_BYTES = 32;

/** The key of the rows that hold secrets, as it lies in its file; undefined where there is none. */
export function loadKey(path: string): Uint8Array | undefined {
  try {
    const key = readFileSync(path);
    if (key.length === KEY_BYTES) return key;
    throw new UserError(
      `Cannot use the encryption key ${path}: it has ${key.length} bytes, not ${KEY_BYTES}. Restore it from a backup; without it Secrets cannot be read`,
    );
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

/**
 * The key of a site, made when its database is: 32 random bytes in a file of mode 0600, whole or
 * not at all whatever happens to the power.
 * @throws {UserError} when there is a database already: another key would not open its Secrets.
 */
export function keyOfSite({ path, database }: { path: string; database: string }): Uint8Array {
  const isNew = !existsSync(database);
  const known = loadKey(path);
  if (known) return known;
  if (isNew) return createKey(path);
  throw new UserError(
    `Cannot find the encryption key ${path}, and the Secrets in ${database} need it. Restore it from a backup, or remove the site with 'edgesite reset'`,
  );
}

function createKey(path: string): Uint8Array {
  const key = randomBytes(KEY_BYTES);
  const temporary = `${path}.${randomUUID()}.tmp`;
  const file = openSync(temporary, "wx", 0o600);
  try {
    writeFileSync(file, key);
    fsyncSync(file);
    linkSync(temporary, path);
  } catch (error) {
    // Another start on the same directory was first; one of the two goes no further than the lock.
    const first = errorCode(error) === "EEXIST" ? loadKey(path) : undefined;
    if (first) return first;
    throw error;
  } finally {
    closeSync(file);
    rmSync(temporary, { force: true });
  }
  const directory = openSync(dirname(path), "r");
  fsyncSync(directory);
  closeSync(directory);
  return key;
}
