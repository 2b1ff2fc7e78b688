import { UserError } from "#lib/errors.ts";
import type { Contents, Operation } from "./operation.ts";
import type { Reply, Request } from "./writer-protocol.ts";

export interface WriterOptions {
  readonly path: string;
  readonly key: Uint8Array;
}

interface Waiting {
  resolve(reply: Reply): void;
  reject(error: Error): void;
}

/** The main thread's end of the writer thread. Requests are answered in order. */
export class Writer {
  readonly #worker: Worker;
  readonly #waiting: Waiting[] = [];
  #broken: Error | undefined;

  private constructor() {
    this.#worker = new Worker(new URL("./writer-thread.ts", import.meta.url).href);
    this.#worker.onmessage = ({ data }: MessageEvent<Reply>): void => this.#onReply(data);
    this.#worker.onerror = ({ message }): void => this.#onLost(message);
  }

  /** Starts the thread, opens the database in it and reads everything. */
  static async open(options: WriterOptions): Promise<{ writer: Writer; contents: Contents }> {
    const writer = new Writer();
    try {
      const reply = await writer.#ask({ kind: "open", ...options });
      if (reply.kind !== "opened") throw new Error(`Unexpected answer ${reply.kind}`);
      return { writer, contents: reply.contents };
    } catch (error) {
      writer.#worker.terminate();
      throw error;
    }
  }

  /** Resolves when all operations are on disk; rejects when none are. */
  async commit(operations: readonly Operation[]): Promise<void> {
    await this.#ask({ kind: "commit", operations });
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.#worker.addEventListener("close", resolve));
    try {
      await this.#ask({ kind: "close" });
    } finally {
      // The lock goes with the thread: SQLite keeps the file open for as long as statements live.
      this.#worker.terminate();
      await ended;
    }
  }

  #ask(request: Request): Promise<Reply> {
    if (this.#broken) return Promise.reject(this.#broken);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#worker.postMessage(request);
    });
  }

  #onReply(reply: Reply): void {
    const waiting = this.#waiting.shift();
    if (reply.kind !== "failed") return waiting?.resolve(reply);
    waiting?.reject(reply.user ? new UserError(reply.message) : new Error(reply.message));
  }

  #onLost(message: string): void {
    this.#broken = new Error(`The database thread died: ${message}`);
    for (const waiting of this.#waiting.splice(0)) waiting.reject(this.#broken);
  }
}
