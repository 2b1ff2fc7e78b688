import { chmod, type FileHandle, open, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

export interface RotatingFileOptions {
  readonly path: string;
  /** A file that would grow beyond this is set aside first. */
  readonly maxBytes: number;
  /** How many that were set aside are kept; 0 keeps all. */
  readonly maxBackups: number;
  /** How long they are kept; 0 keeps them for ever. */
  readonly maxAgeMs: number;
  /** What may wait to be written. */
  readonly maxQueuedBytes: number;
  /** Wall clock; names what is set aside. */
  readonly now: () => Date;
  /** Told once for each run of failures; what could not be written is lost. */
  readonly onFailure: (error: unknown) => void;
}

const MODE = 0o600;

/**
 * Lines in a file of bounded size, written in batches by one writer in the background: a disk that
 * does not keep up costs lines, and nobody's time. Files that are full are set aside under a name
 * with the time in it, `audit-2026-01-31T10-00-00.000.log`.
 */
export class RotatingFile {
  readonly #options: RotatingFileOptions;
  #queue: string[] = [];
  #queuedBytes = 0;
  #file: FileHandle | undefined;
  #sizeBytes = 0;
  #writing: Promise<void> | undefined;
  #isFailing = false;

  constructor(options: RotatingFileOptions) {
    this.#options = options;
  }

  /** Takes a line without its end; false when too much waits already. */
  write(line: string): boolean {
    const bytes = Buffer.byteLength(line) + 1;
    if (this.#queuedBytes + bytes > this.#options.maxQueuedBytes) return false;
    this.#queue.push(line);
    this.#queuedBytes += bytes;
    this.#writing ??= this.#drain();
    return true;
  }

  /** Writes what waits and closes the file. */
  async close(): Promise<void> {
    await this.#writing;
    await this.#file?.close();
    this.#file = undefined;
  }

  async #drain(): Promise<void> {
    // What comes in the same moment is written together.
    await new Promise<void>((resolve) => setImmediate(resolve));
    while (this.#queue.length > 0) {
      const lines = this.#queue;
      this.#queue = [];
      try {
        await this.#append(lines);
        this.#isFailing = false;
      } catch (error) {
        if (!this.#isFailing) this.#options.onFailure(error);
        this.#isFailing = true;
      }
      this.#queuedBytes = this.#queue.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);
    }
    this.#writing = undefined;
  }

  async #append(lines: readonly string[]): Promise<void> {
    let batch = "";
    let batchBytes = 0;
    for (const line of lines) {
      const bytes = Buffer.byteLength(line) + 1;
      const file = await this.#opened();
      const isFull = this.#sizeBytes + batchBytes + bytes > this.#options.maxBytes;
      if (isFull && this.#sizeBytes + batchBytes > 0) {
        await file.appendFile(batch);
        batch = "";
        batchBytes = 0;
        await this.#setAside();
      }
      batch += `${line}\n`;
      batchBytes += bytes;
    }
    const file = await this.#opened();
    await file.appendFile(batch);
    this.#sizeBytes += batchBytes;
  }

  async #opened(): Promise<FileHandle> {
    if (this.#file) return this.#file;
    const { path } = this.#options;
    const file = await open(path, "a", MODE);
    // One that was there before may have been open to more.
    await chmod(path, MODE);
    this.#sizeBytes = (await file.stat()).size;
    this.#file = file;
    return file;
  }

  async #setAside(): Promise<void> {
    const { path, now } = this.#options;
    await this.#file?.close();
    this.#file = undefined;
    const { stem, extension } = partsOf(path);
    const time = now().toISOString().replaceAll(":", "-").slice(0, -1);
    await rename(path, join(dirname(path), `${stem}-${time}${extension}`));
    await this.#removeOld();
  }

  async #removeOld(): Promise<void> {
    const { path, maxBackups, maxAgeMs, now } = this.#options;
    const { stem, extension } = partsOf(path);
    const directory = dirname(path);
    const names = (await readdir(directory))
      .filter((name) => timeOf(name, { stem, extension }) !== undefined)
      .toSorted()
      .toReversed();
    const nowMs = now().getTime();
    for (const [index, name] of names.entries()) {
      const ageMs = nowMs - (timeOf(name, { stem, extension }) ?? nowMs);
      const isOld = (maxBackups > 0 && index >= maxBackups) || (maxAgeMs > 0 && ageMs > maxAgeMs);
      if (isOld) await rm(join(directory, name), { force: true });
    }
  }
}

interface Parts {
  readonly stem: string;
  readonly extension: string;
}

function partsOf(path: string): Parts {
  const name = basename(path);
  const dot = name.lastIndexOf(".");
  return dot <= 0
    ? { stem: name, extension: "" }
    : { stem: name.slice(0, dot), extension: name.slice(dot) };
}

/** When a file was set aside; `undefined` for a file that never was. */
function timeOf(name: string, { stem, extension }: Parts): number | undefined {
  if (!name.startsWith(`${stem}-`) || !name.endsWith(extension)) return undefined;
  const text = name.slice(stem.length + 1, name.length - extension.length);
  const [, day, hours, rest] = /^(\d{4}-\d\d-\d\d)T(\d\d)-(\d\d-\d\d\.\d{3})$/.exec(text) ?? [];
  if (day === undefined || rest === undefined) return undefined;
  return Date.parse(`${day}T${hours}:${rest.replace("-", ":")}Z`);
}
