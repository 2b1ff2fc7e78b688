import { randomBytes, randomUUID } from "node:crypto";
import {
  closeSync,
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

/**
 * The key of the rows that hold secrets: 32 random bytes in a file of mode 0600, made on first
 * use, whole or not at all whatever happens to the power.
 */
export function loadOrCreateKey(path: string): Uint8Array {
  try {
    const key = readFileSync(path);
    if (key.length === KEY_BYTES) return key;
    throw new UserError(
      `Cannot use the encryption key ${path}: it has ${key.length} bytes, not ${KEY_BYTES}. Restore it from a backup; without it Secrets cannot be read`,
    );
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw error;
  }
  const key = randomBytes(KEY_BYTES);
  const temporary = `${path}.${randomUUID()}.tmp`;
  const file = openSync(temporary, "wx", 0o600);
  try {
    writeFileSync(file, key);
    fsyncSync(file);
    linkSync(temporary, path);
  } catch (error) {
    // Another start on the same directory was first; one of the two goes no further than the lock.
    if (errorCode(error) === "EEXIST") return loadOrCreateKey(path);
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
