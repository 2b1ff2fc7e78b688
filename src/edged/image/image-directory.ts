import { mkdirSync, readdirSync, statSync, watch } from "node:fs";
import { join } from "node:path";
import { abortable, sleep } from "#lib/abort.ts";
import { Backoff } from "#lib/backoff.ts";
import { errorCode, explain } from "#lib/errors.ts";
import type { Logger } from "#lib/log.ts";
import { isOpenForWriting } from "#linux/file-lease.ts";
import { EngineUnreachable } from "../runtime/runtime.ts";
import type { NodeImages } from "./node-images.ts";
import type { ImageRows } from "./store/image-rows.ts";

/** After a change the directory is quiet for so long before it is looked at. */
const QUIET_MS = 300;
/** How often a file that somebody still writes is looked at. */
const WRITTEN_AGAIN_MS = 1000;

export interface ImageDirectoryOptions {
  /** `images` of the data directory. */
  readonly directory: string;
  readonly images: Pick<NodeImages, "import">;
  readonly rows: ImageRows;
  readonly log: Logger;
}

/** A file as it was when it was taken in. */
interface Loaded {
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  /** Of the whole file: another name for the same archive is not taken in again. */
  readonly digest: string;
}

type Found = Pick<Loaded, "sizeBytes" | "modifiedMs">;

/**
 * The directory that archives of images are dropped into. Each is taken in once: at the start or
 * when it appears, as soon as nobody writes it any more.
 */
export class ImageDirectory {
  readonly #options: ImageDirectoryOptions;
  readonly #loaded = new Map<string, Loaded>();
  /** Files that could not be taken in, as they were, and why not. */
  readonly #broken = new Map<string, Found & { readonly reason: string }>();
  readonly #first = Promise.withResolvers<void>();
  #onTaken: () => void = () => undefined;

  constructor(options: ImageDirectoryOptions) {
    this.#options = options;
    for (const { key, value } of options.rows.list("archive")) {
      const loaded: Loaded = JSON.parse(value);
      this.#loaded.set(key, loaded);
    }
  }

  /** What is wrong, for people: a line for each archive that could not be taken in. */
  get problems(): readonly string[] {
    return [...this.#broken.values()].map(({ reason }) => reason);
  }

  /** Resolves once what lay there at the start was taken in, or could not be. */
  get settled(): Promise<void> {
    return this.#first.promise;
  }

  /** Takes in what is there and what comes, until `signal` aborts; tells when there are images more. */
  async run(signal: AbortSignal, onTaken: () => void): Promise<void> {
    this.#onTaken = onTaken;
    try {
      while (!signal.aborted) await this.#lookAndWait(signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      this.#first.resolve();
    }
  }

  /** Looks once, and waits until something may have changed since. */
  async #lookAndWait(signal: AbortSignal): Promise<void> {
    const { directory } = this.#options;
    // Somebody may have removed it, and what watched it with it.
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const changed = Promise.withResolvers<void>();
    const watcher = watch(directory, () => changed.resolve());
    try {
      const again = await this.#look(signal);
      this.#first.resolve();
      if (again) await sleep(WRITTEN_AGAIN_MS, signal);
      else await abortable(changed.promise, signal);
      await sleep(QUIET_MS, signal);
    } finally {
      watcher.close();
    }
  }

  /** Takes in what is new; whether something there is still being written. */
  async #look(signal: AbortSignal): Promise<boolean> {
    const { directory, rows } = this.#options;
    let again = false;
    const names = readdirSync(directory).filter((name) => !name.startsWith("."));
    for (const name of names) {
      const found = fileAt(join(directory, name));
      if (!found || isSame(this.#loaded.get(name), found)) continue;
      if (isSame(this.#broken.get(name), found)) continue;
      if (isWritten(join(directory, name))) again = true;
      else await this.#takeIn(name, found, signal);
    }
    // Last: an archive that was renamed is known by its old name until then.
    for (const name of [...this.#loaded.keys(), ...this.#broken.keys()]) {
      if (names.includes(name)) continue;
      this.#broken.delete(name);
      if (this.#loaded.delete(name)) await rows.write([{ kind: "archive", key: name }]);
    }
    return again;
  }

  async #takeIn(name: string, found: Found, signal: AbortSignal): Promise<void> {
    const { directory, log, rows } = this.#options;
    const path = join(directory, name);
    try {
      const digest = await digestOfFile(path, signal);
      const known = [...this.#loaded.values()].some((loaded) => loaded.digest === digest);
      if (!known) {
        const images = await this.#import(path, signal);
        log.info("An archive of images was taken in", { archive: path, images });
        this.#onTaken();
      }
      const loaded: Loaded = { ...found, digest };
      await rows.write([{ kind: "archive", key: name, value: JSON.stringify(loaded) }]);
      this.#loaded.set(name, loaded);
      this.#broken.delete(name);
    } catch (error) {
      signal.throwIfAborted();
      const reason = explain(error);
      this.#broken.set(name, { ...found, reason });
      log.error("An archive of images cannot be taken in", { archive: path, error: reason });
    }
  }

  /** Waits for an engine that is not there yet. */
  async #import(path: string, signal: AbortSignal): Promise<readonly string[]> {
    const backoff = new Backoff({ initialMs: 1000, maxMs: 60_000 });
    for (;;) {
      try {
        return await this.#options.images.import({ name: path, path }, signal);
      } catch (error) {
        if (!(error instanceof EngineUnreachable)) throw error;
        this.#first.resolve();
        await sleep(backoff.next(), signal);
      }
    }
  }
}

function fileAt(path: string): Found | undefined {
  try {
    const stat = statSync(path);
    return stat.isFile() ? { sizeBytes: stat.size, modifiedMs: stat.mtimeMs } : undefined;
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined; // gone again, or a link to nowhere
    throw error;
  }
}

/** What is gone meanwhile is seen at the next look. */
function isWritten(path: string): boolean {
  try {
    return isOpenForWriting(path);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return true;
    throw error;
  }
}

function isSame(known: Found | undefined, found: Found): boolean {
  return known?.sizeBytes === found.sizeBytes && known.modifiedMs === found.modifiedMs;
}

async function digestOfFile(path: string, signal: AbortSignal): Promise<string> {
  const hasher = new Bun.CryptoHasher("sha256");
  for await (const bytes of Bun.file(path).stream()) {
    signal.throwIfAborted();
    hasher.update(bytes);
  }
  return hasher.digest("hex");
}
