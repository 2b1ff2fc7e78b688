import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { entriesOf } from "#lib/entries.ts";
import { errorCode } from "#lib/errors.ts";
import type { PodRef } from "../types.ts";
import type { IdRange } from "./users/id-ranges.ts";

/** What is known of a sandbox for as long as anything of it is on disk. */
export interface SandboxRecord {
  readonly id: string;
  readonly pod: PodRef;
  readonly attempt: number;
  readonly hostname: string;
  readonly hostPID: boolean;
  /** The host's IDs that stand for the pod's. Absent: they are the same. */
  readonly users?: IdRange;
  readonly createdAtMs: number;
  /** Keeps its containers apart from others where the host has SELinux; absent: not kept apart. */
  readonly seLinuxLevel?: string;
}

/** What is known of a container, dead or alive; nothing in it is secret. */
export interface ContainerRecord {
  readonly id: string;
  readonly sandboxId: string;
  readonly pod: PodRef;
  readonly name: string;
  readonly attempt: number;
  readonly image: string;
  readonly imageId: string;
  readonly stopSignal: number;
  readonly tty: boolean;
  readonly stdin: boolean;
  readonly stdinOnce: boolean;
  readonly oomScoreAdj: number;
  readonly createdAtMs: number;
  readonly terminationMessageFile?: string;
  readonly startedAtMs?: number;
  /** Why it could not be started. */
  readonly error?: string;
  /** How it came to an end that no shim has written. */
  readonly end?: { readonly exitCode: number; readonly atMs: number };
}

const NAME = "record.json";

/**
 * Records in one directory per thing, `<id>/record.json`. They are not forced to disk: a power cut
 * ends what they tell of, and one that it damaged counts as none.
 */
export class Records<T extends { readonly id: string }> {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  directoryOf(id: string): string {
    return join(this.#directory, id);
  }

  async write(record: T): Promise<void> {
    const directory = this.directoryOf(record.id);
    await mkdir(directory, { recursive: true, mode: 0o711 });
    const path = join(directory, NAME);
    await writeFile(`${path}.new`, JSON.stringify(record), { mode: 0o600 });
    await rename(`${path}.new`, path);
  }

  async remove(id: string): Promise<void> {
    await rm(this.directoryOf(id), { recursive: true, force: true });
  }

  /** All that can be read; directories without a record that can are removed. */
  async load(): Promise<readonly T[]> {
    const ids = await entriesOf(this.#directory);
    const found = await Promise.all(
      ids.map(async (id) => {
        const record = await this.#read(id);
        if (!record) await this.remove(id);
        return record ? [record] : [];
      }),
    );
    return found.flat();
  }

  async #read(id: string): Promise<T | undefined> {
    try {
      return JSON.parse(await readFile(join(this.directoryOf(id), NAME), "utf8"));
    } catch (error) {
      if (error instanceof SyntaxError) return undefined;
      if (errorCode(error) === "ENOENT" || errorCode(error) === "ENOTDIR") return undefined;
      throw error;
    }
  }
}
