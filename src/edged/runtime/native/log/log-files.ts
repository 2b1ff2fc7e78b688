import { watch } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { join } from "node:path";
import { errorCode } from "#lib/errors.ts";
import { Latch } from "../../../pod/latch.ts";
import { type Frame, FrameReader } from "./frames.ts";

/** kubelet's defaults: `containerLogMaxSize` 10Mi, `containerLogMaxFiles` 5. */
export const LOG_LIMITS = { maxBytes: 10 << 20, files: 5 } as const;

/** The files of a log, the oldest first. The shim renames them up when the last one is full. */
const NAMES = Array.from({ length: LOG_LIMITS.files }, (_, n) =>
  n === LOG_LIMITS.files - 1 ? "log" : `log.${LOG_LIMITS.files - 1 - n}`,
);

/** A place in a log that stays the same place when files are renamed. */
export interface LogPlace {
  readonly inode: number;
  readonly position: number;
}

export interface LogReading {
  /** Goes on with what is written later, until this has resolved: the container has ended. */
  readonly until: Promise<unknown>;
  /** Absent: from the oldest frame that is kept. */
  readonly from?: LogPlace | undefined;
}

/** The log of one container, in its directory. */
export class LogFiles {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /**
   * All that is kept now, held open: however fast the container writes, and whatever is renamed or
   * removed meanwhile, it can be read more than once, and to an end.
   */
  async kept(): Promise<KeptLog> {
    await using opened = new AsyncDisposableStack();
    const files: HeldFile[] = [];
    // The newest first: a file that is renamed meanwhile is met twice, and none is missed.
    for (const name of NAMES.toReversed()) {
      const file = opened.use(await this.#open({ name, inode: 0 }));
      if (!file || files.some(({ inode }) => inode === file.inode)) continue;
      files.unshift({ ...file, sizeBytes: (await file.handle.stat()).size });
    }
    return new KeptLog(files, opened.move());
  }

  /** Where the next frame will be written; undefined while nothing was written at all. */
  async end(): Promise<LogPlace | undefined> {
    const newest = (await this.#files()).at(-1);
    const file = newest && (await this.#open(newest));
    if (!file) return undefined;
    await using _open = file;
    const reader = new FrameReader(file.handle);
    while (await reader.next());
    return { inode: file.inode, position: reader.position };
  }

  /** The frames from a place on. The bytes of one hold until the next is asked for. */
  async *frames({ until, from }: LogReading, signal: AbortSignal): AsyncGenerator<Frame> {
    using news = this.#follow(until);
    let place = from;
    for (;;) {
      // Before what is read now: what is written later is seen in the next round.
      const { over } = news;
      const next = await this.#file(place);
      if (next) {
        await using file = next;
        const reader = new FrameReader(file.handle, file.position);
        for (let frame = await reader.next(); frame; frame = await reader.next()) yield frame;
        place = { inode: file.inode, position: reader.position };
        if (file.newer !== undefined) {
          place = { inode: file.newer, position: 0 };
          continue;
        }
      }
      if (over) return;
      await news.change(signal);
    }
  }

  /** The file of a place, or the oldest; where all were renamed meanwhile it is looked for again. */
  async #file(place: LogPlace | undefined): Promise<PlacedFile | undefined> {
    for (;;) {
      const files = await this.#files();
      const here = files.findIndex(({ inode }) => inode === place?.inode);
      const known = files[Math.max(here, 0)];
      const file = await this.#open(known);
      if (!file) return undefined;
      if (file.inode === known?.inode) {
        const position = file.inode === place?.inode ? place.position : 0;
        return { ...file, position, newer: files[Math.max(here, 0) + 1]?.inode };
      }
      await file.handle.close();
    }
  }

  #follow(until: Promise<unknown>) {
    const latch = new Latch();
    const watcher = watch(this.#directory, () => latch.set());
    watcher.on("error", () => latch.set());
    const news = {
      over: false,
      change: (signal: AbortSignal) => latch.wait(signal),
      [Symbol.dispose]: () => watcher.close(),
    };
    const end = (): void => {
      news.over = true;
      latch.set();
    };
    until.then(end, end);
    return news;
  }

  async #files(): Promise<readonly KnownFile[]> {
    const found = await Promise.all(
      NAMES.map(async (name) => {
        const inode = await inodeOf(join(this.#directory, name));
        return inode === undefined ? [] : [{ name, inode }];
      }),
    );
    return found.flat();
  }

  /** What has that name now: another file, if it was renamed since it was looked for. */
  async #open(known: KnownFile | undefined): Promise<OpenFile | undefined> {
    if (!known) return undefined;
    const handle = await ifThere(open(join(this.#directory, known.name), "r"));
    if (!handle) return undefined;
    const { ino } = await handle.stat();
    return { handle, inode: ino, [Symbol.asyncDispose]: () => handle.close() };
  }
}

/** The files of a log as they were at one time. */
export class KeptLog implements AsyncDisposable {
  readonly #files: readonly HeldFile[];
  readonly #opened: AsyncDisposable;
  #end: LogPlace | undefined;

  /** @param opened what is held of them. */
  constructor(files: readonly HeldFile[], opened: AsyncDisposable) {
    this.#files = files;
    this.#opened = opened;
  }

  /** The frames of then, the oldest first. The bytes of one hold until the next is asked for. */
  async *frames(): AsyncGenerator<Frame> {
    for (const file of this.#files) {
      const reader = new FrameReader(file.handle);
      while (reader.position < file.sizeBytes) {
        const frame = await reader.next();
        if (!frame) break;
        yield frame;
        this.#end = { inode: file.inode, position: reader.position };
      }
    }
  }

  /** Where the frames that come later begin, once all of `frames` were read. */
  get end(): LogPlace | undefined {
    return this.#end;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#opened[Symbol.asyncDispose]();
  }
}

interface KnownFile {
  readonly name: string;
  readonly inode: number;
}

interface OpenFile extends AsyncDisposable {
  readonly handle: FileHandle;
  readonly inode: number;
}

interface HeldFile extends OpenFile {
  /** When it was opened. */
  readonly sizeBytes: number;
}

interface PlacedFile extends OpenFile {
  readonly position: number;
  /** The file that goes on where this one was full. */
  readonly newer: number | undefined;
}

async function inodeOf(path: string): Promise<number | undefined> {
  return (await ifThere(stat(path)))?.ino;
}

async function ifThere<T>(asking: Promise<T>): Promise<T | undefined> {
  try {
    return await asking;
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}
