import { abortReason } from "#lib/abort.ts";
import { assertNever } from "#lib/errors.ts";
import type { Timer } from "#lib/timer.ts";
import { ImageError } from "../image-error.ts";
import type { ImageProgress } from "../image-progress.ts";
import type { FromThread, ToThread, Work, WorkResult, WorkSetting } from "./protocol.ts";

/** How long the thread stays after its last work: it costs memory. */
const IDLE_MS = 10_000;

interface Waiting {
  readonly onProgress: (progress: ImageProgress) => void;
  resolve(result: WorkResult): void;
  reject(error: Error): void;
}

/** The thread of images as the site sees it: there while there is work. */
export class ImageWorker implements AsyncDisposable {
  readonly #setting: () => WorkSetting;
  readonly #timer: Timer;
  readonly #waiting = new Map<number, Waiting>();
  #thread: Worker | undefined;
  #count = 0;
  #callOffEnd: (() => void) | undefined;

  /** `setting` is asked each time that a thread starts. */
  constructor(setting: () => WorkSetting, timer: Timer) {
    this.#setting = setting;
    this.#timer = timer;
  }

  /**
   * Has work done.
   * @throws {ImageError} with a reason for people; the signal's reason when it aborts, once the
   * thread has let go of what it was doing.
   */
  run(
    work: Work,
    onProgress: (progress: ImageProgress) => void,
    signal: AbortSignal,
  ): Promise<WorkResult> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(abortReason(signal));
      const id = this.#count++;
      const thread = this.#start();
      const onAbort = (): void => send(thread, { kind: "abort", id });
      signal.addEventListener("abort", onAbort, { once: true });
      const settle = (): void => {
        signal.removeEventListener("abort", onAbort);
        this.#waiting.delete(id);
        if (this.#waiting.size === 0) this.#endLater();
      };
      this.#waiting.set(id, {
        onProgress,
        resolve: (result) => {
          settle();
          resolve(result);
        },
        reject: (error) => {
          settle();
          reject(signal.aborted ? abortReason(signal) : error);
        },
      });
      send(thread, { kind: "work", id, work });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#callOffEnd?.();
    await this.#end("The site stops");
  }

  #start(): Worker {
    this.#callOffEnd?.();
    if (this.#thread) return this.#thread;
    const thread = new Worker(new URL("./image-thread.ts", import.meta.url).href);
    this.#thread = thread;
    thread.onmessage = ({ data }: MessageEvent<FromThread>): void => this.#take(data);
    const fail = (reason: string): void => {
      if (this.#thread === thread) this.#thread = undefined;
      for (const one of [...this.#waiting.values()]) {
        one.reject(new Error(`The thread of images died: ${reason}`));
      }
    };
    thread.onerror = ({ message }): void => fail(message);
    thread.addEventListener("close", () => {
      if (this.#thread === thread) fail("it ended");
    });
    send(thread, { kind: "setting", setting: this.#setting() });
    return thread;
  }

  #take(message: FromThread): void {
    const waiting = this.#waiting.get(message.id);
    switch (message.kind) {
      case "progress":
        return waiting?.onProgress(message.progress);
      case "done":
        return waiting?.resolve(message.result);
      case "failed":
        return waiting?.reject(
          message.isTold
            ? new ImageError(message.message)
            : new Error(`The work on images failed: ${message.message}`),
        );
      default:
        assertNever(message, "message");
    }
  }

  #endLater(): void {
    this.#callOffEnd = this.#timer.after(IDLE_MS, () => void this.#end("it was idle"));
  }

  async #end(reason: string): Promise<void> {
    const thread = this.#thread;
    this.#thread = undefined;
    for (const one of [...this.#waiting.values()]) one.reject(new Error(reason));
    this.#callOffEnd?.();
    if (!thread) return;
    const ended = new Promise<void>((resolve) => thread.addEventListener("close", () => resolve()));
    thread.terminate();
    await ended;
  }
}

function send(thread: Worker, message: ToThread): void {
  thread.postMessage(message);
}
