import { randomBytes, randomUUID } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import { errorCode, explain, UserError } from "#lib/errors.ts";
import type { SecretKeys } from "./cipher.ts";

const KEY_BYTES = 32;
const PRIVATE = 0o600;

/** Where the key lies while a rotation goes on, until it takes the old one's place. */
const nextOf = (path: string): string => `${path}.next`;

/**
 * The keys of the rows that hold secrets, as they lie in the file `path` and, while a rotation is
 * not finished, beside it; empty where there is none.
 */
export function loadKeys(path: string): SecretKeys {
  const next = load(nextOf(path));
  const key = load(path);
  if (next) return { key: next, ...(key && { previousKey: key }) };
  return key ? { key } : {};
}

/**
 * The keys of a site, the first made when its database is: 32 random bytes in a file of mode 0600,
 * whole or not at all whatever happens to the power.
 * @throws {UserError} when there is a database already: another key would not open its Secrets.
 */
export function keysOfSite({ path, database }: { path: string; database: string }): SecretKeys {
  const isNew = !existsSync(database);
  const known = loadKeys(path);
  if (known.key) return known;
  if (isNew) return { key: createKey(path) };
  throw new UserError(
    `Cannot find the encryption key ${path}, and the Secrets in ${database} need it. Restore it from a backup, or remove the site with 'edgesite reset'`,
  );
}

/** The key that a rotation leads to: a new one, or that of a rotation that was cut short. */
export function nextKey(path: string): Uint8Array {
  return load(nextOf(path)) ?? createKey(nextOf(path));
}

/** The next key takes the place of the old one, which is gone then. To be called once no row needs the old one. */
export function adoptNextKey(path: string): void {
  try {
    renameSync(nextOf(path), path);
    syncDirectory(path);
  } catch (cause) {
    throw new UserError(`Cannot write the encryption key ${path}: ${explain(cause)}`, { cause });
  }
}

function load(path: string): Uint8Array | undefined {
  try {
    const key = readFileSync(path);
    if (key.length !== KEY_BYTES) {
      throw new UserError(
        `Cannot use the encryption key ${path}: it has ${key.length} bytes, not ${KEY_BYTES}. Restore it from a backup; without it Secrets cannot be read`,
      );
    }
    return key;
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    if (error instanceof UserError) throw error;
    throw new UserError(`Cannot read the encryption key ${path}: ${explain(error)}`, {
      cause: error,
    });
  }
}

function createKey(path: string): Uint8Array {
  const key = randomBytes(KEY_BYTES);
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    const file = openSync(temporary, "wx", PRIVATE);
    try {
      writeFileSync(file, key);
      fsyncSync(file);
      linkSync(temporary, path);
    } finally {
      closeSync(file);
      rmSync(temporary, { force: true });
    }
    syncDirectory(path);
    return key;
  } catch (cause) {
    // Another start on the same directory was first; one of the two goes no further than the lock.
    const first = errorCode(cause) === "EEXIST" ? load(path) : undefined;
    if (first) return first;
    throw new UserError(`Cannot make the encryption key ${path}: ${explain(cause)}`, { cause });
  }
}

function syncDirectory(path: string): void {
  const directory = openSync(dirname(path), "r");
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}
