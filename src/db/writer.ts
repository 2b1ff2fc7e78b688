import { abortReason } from "#lib/abort.ts";
import { UserError } from "#lib/errors.ts";
import type { SecretKeys } from "./cipher.ts";
import type { Contents, Operation } from "./operation.ts";
import { pack } from "./packed-operations.ts";
import type { Salvage } from "./salvage.ts";
import type { Reply, Request, ResealPosition } from "./writer-protocol.ts";

export interface WriterOptions {
  readonly path: string;
  readonly keys: SecretKeys;
  /** The program of the thread, an URL. Default `writer-thread.ts`. */
  readonly thread?: string;
}

/** What the database thread has opened. */
export interface OpenedWriter {
  readonly writer: Writer;
  readonly contents: Contents;
  /** Where pages of the file could not be read: what came of it. */
  readonly salvage?: Salvage;
}

/** Pages of the file cannot be read. */
class DamagedFile extends Error {
  override readonly name = "DamagedFile";
}

interface Waiting {
  resolve(reply: Reply): void;
  reject(error: Error): void;
}

/** The main thread's end of the writer thread. Requests are answered in order. */
export class Writer {
  readonly #worker: Worker;
  readonly #waiting: Waiting[] = [];
  readonly #ended: Promise<void>;
  readonly #lost = new AbortController();
  #closing = false;

  private constructor(thread = new URL("./writer-thread.ts", import.meta.url).href) {
    this.#worker = new Worker(thread);
    this.#worker.onmessage = ({ data }: MessageEvent<Reply>): void => this.#onReply(data);
    this.#worker.onerror = ({ message }): void => this.#onLost(`: ${message}`);
    this.#ended = new Promise((resolve) =>
      this.#worker.addEventListener("close", () => {
        this.#onLost("");
        resolve();
      }),
    );
  }

  /**
   * Starts the thread, opens the database in it and reads everything; a file with pages that cannot
   * be read is made anew first.
   */
  static async open(options: WriterOptions): Promise<OpenedWriter> {
    try {
      return await Writer.#start(options);
    } catch (error) {
      if (!(error instanceof DamagedFile)) throw error;
    }
    const salvage = await Writer.#salvage(options);
    return { ...(await Writer.#start(options)), salvage };
  }

  static async #start({ thread, path, keys }: WriterOptions): Promise<OpenedWriter> {
    const writer = new Writer(thread);
    try {
      const reply = await writer.#ask({ kind: "open", path, keys });
      if (reply.kind !== "opened") throw new Error(`Unexpected answer ${reply.kind}`);
      return { writer, contents: reply.contents };
    } catch (error) {
      await writer.#end();
      throw error;
    }
  }

  /** In a thread of its own, whose end lets go of both files. */
  static async #salvage({ thread, path }: WriterOptions): Promise<Salvage> {
    const writer = new Writer(thread);
    try {
      const reply = await writer.#ask({ kind: "salvage", path });
      if (reply.kind !== "salvaged") throw new Error(`Unexpected answer ${reply.kind}`);
      return reply.salvage;
    } finally {
      await writer.#end();
    }
  }

  /** Aborts with a UserError when the thread died: nothing can be written any more. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Resolves when all operations are on disk; rejects when none are. */
  async commit(operations: readonly Operation[]): Promise<void> {
    const packed = pack(operations);
    await this.#ask({ kind: "commit", operations: packed }, [packed.values]);
  }

  /** Secrets are sealed by `keys.key` from now on. */
  async useKeys(keys: SecretKeys): Promise<void> {
    await this.#ask({ kind: "useKeys", keys });
  }

  /** Seals some rows anew that an older key sealed; answers where to go on. */
  async reseal(from: ResealPosition): Promise<ResealPosition | undefined> {
    const reply = await this.#ask({ kind: "reseal", from });
    return reply.kind === "resealed" ? reply.next : undefined;
  }

  /** Leaves nothing in the files but what the rows hold now. */
  async compact(): Promise<void> {
    await this.#ask({ kind: "compact" });
  }

  /** Lets go of the file. Whatever comes after is refused. */
  async close(): Promise<void> {
    const closed = this.#ask({ kind: "close" });
    this.#closing = true;
    try {
      await closed;
    } catch (error) {
      if (!this.#lost.signal.aborted) throw error;
    } finally {
      await this.#end();
    }
  }

  /** The lock goes with the thread: SQLite keeps the file open for as long as statements live. */
  async #end(): Promise<void> {
    this.#closing = true;
    this.#worker.terminate();
    await this.#ended;
  }

  /** `handed`: buffers of the request that are the thread's from now on. */
  #ask(request: Request, handed: ArrayBuffer[] = []): Promise<Reply> {
    if (this.lost.aborted) return Promise.reject(abortReason(this.lost));
    if (this.#closing) return Promise.reject(new Error("The database is closed"));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#worker.postMessage(request, handed);
    });
  }

  #onReply(reply: Reply): void {
    const waiting = this.#waiting.shift();
    if (reply.kind !== "failed") return waiting?.resolve(reply);
    waiting?.reject(failure(reply));
  }

  #onLost(why: string): void {
    const error = new UserError(
      `The database thread died${why}. What was answered is on disk; start edgesite again`,
    );
    if (!this.#closing) this.#lost.abort(error);
    for (const waiting of this.#waiting.splice(0)) waiting.reject(error);
  }
}

function failure({ message, user, damage }: Extract<Reply, { kind: "failed" }>): Error {
  if (user) return new UserError(message);
  return damage ? new DamagedFile(message) : new Error(message);
}
