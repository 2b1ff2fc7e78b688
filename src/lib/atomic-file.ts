import { randomUUID } from "node:crypto";
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** A file's text and its mode, such as 0o600. */
export interface FileContent {
  readonly text: string;
  readonly mode: number;
}

/**
 * Writes a file so that, whatever happens to the power, either the old or the new text is there,
 * whole; once it returns, the new one is.
 */
export function writeFileAtomically(path: string, { text, mode }: FileContent): void {
  const temporary = `${path}.${randomUUID()}.tmp`;
  const file = openSync(temporary, "wx", mode);
  try {
    // Not writeSync, which stops half-way on a disk that fills up and calls it success.
    writeFileSync(file, text);
    fsyncSync(file);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  } finally {
    closeSync(file);
  }
  syncDirectoryOf(path);
}

/** Once it returns, the names that the directory of `path` has now outlive a power cut. */
export function syncDirectoryOf(path: string): void {
  const directory = openSync(dirname(path), "r");
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}
