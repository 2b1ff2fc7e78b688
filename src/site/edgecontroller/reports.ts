import { StatusError } from "#api/status.ts";
import { createController, TerminalError } from "#client/controller.ts";
import { WorkQueue } from "#client/workqueue.ts";
import type { Clock } from "#lib/clock.ts";
import type { Logger } from "#lib/log.ts";
import type { Timer } from "#lib/timer.ts";
import type { Lane } from "./limits.ts";

export interface ReportsOptions extends Lane {
  readonly name: string;
  readonly log: Logger;
  readonly clock: Clock;
  readonly timer?: Timer;
  /** Beyond the limit the oldest report gives way, instead of who reports having to wait. */
  readonly dropsOldest?: boolean;
}

/** How the caller learns what became of a report. */
export type Settle = (failure: unknown) => void;

interface Waiting {
  readonly write: () => Promise<unknown>;
  readonly settle: readonly Settle[];
}

const RETRY_INITIAL_MS = 50;
const RETRY_MAX_MS = 30_000;
const RETRIES = 20;

/**
 * What edge nodes report, on its way into the API: the newest per key is written, retried with
 * backoff while the API has trouble, and given up when the API says no.
 */
export class Reports {
  readonly #options: ReportsOptions;
  readonly #waiting = new Map<string, Waiting>();
  readonly #queue: WorkQueue;
  /** Who waits until there is room again. */
  readonly #crowd = new Set<() => void>();
  #writing = 0;
  #dropped = 0;

  constructor(options: ReportsOptions) {
    this.#options = options;
    this.#queue = new WorkQueue({
      clock: options.clock,
      ...(options.timer && { timer: options.timer }),
      retryInitialMs: RETRY_INITIAL_MS,
      retryMaxMs: RETRY_MAX_MS,
    });
  }

  /** Reports that are not written yet. */
  get size(): number {
    return this.#waiting.size;
  }

  /** Undefined while more reports may come; else resolves once they may again. */
  get room(): Promise<void> | undefined {
    if (this.#hasRoom) return undefined;
    return new Promise((resolve) => this.#crowd.add(resolve));
  }

  get #hasRoom(): boolean {
    const { limit, workers, dropsOldest = false } = this.#options;
    // One that is being written may come back to wait.
    return dropsOldest || this.#waiting.size + this.#writing < limit + workers;
  }

  /** Takes a report over, room or not. `settle` hears of the write that stands for it, maybe of a newer one. */
  put(key: string, write: () => Promise<unknown>, settle?: Settle): void {
    const older = this.#waiting.get(key);
    if (older === undefined) this.#makeRoom();
    this.#waiting.set(key, {
      write,
      settle: [...(older?.settle ?? []), ...(settle ? [settle] : [])],
    });
    this.#queue.add(key);
  }

  /** Writes until `signal` aborts. */
  run(signal: AbortSignal): Promise<void> {
    const { name, log, workers } = this.#options;
    const controller = createController({
      name,
      log,
      workers,
      queue: this.#queue,
      reconcile: async (key) => {
        this.#writing += 1;
        try {
          await this.#write(key);
        } finally {
          this.#writing -= 1;
          this.#letIn();
        }
        return undefined;
      },
    });
    return controller.run(signal);
  }

  async #write(key: string): Promise<void> {
    const report = this.#waiting.get(key);
    if (report === undefined) return;
    this.#waiting.delete(key);
    let failure: unknown;
    try {
      await report.write();
    } catch (error) {
      if (mayPass(error) && this.#queue.retries(key) < RETRIES) {
        this.#putBack(key, report);
        throw error;
      }
      failure = error;
    }
    for (const settle of report.settle) settle(failure);
    if (failure !== undefined) throw new TerminalError("Cannot write a report", { cause: failure });
  }

  /** A newer report that came meanwhile is the one to write; it answers for this one too. */
  #putBack(key: string, { write, settle }: Waiting): void {
    const newer = this.#waiting.get(key);
    this.#waiting.set(key, {
      write: newer?.write ?? write,
      settle: [...settle, ...(newer?.settle ?? [])],
    });
  }

  #letIn(): void {
    if (!this.#hasRoom) return;
    for (const go of this.#crowd) go();
    this.#crowd.clear();
  }

  #makeRoom(): void {
    const { limit, log, dropsOldest = false } = this.#options;
    if (this.#waiting.size < limit || !dropsOldest) return;
    const [oldest] = this.#waiting.keys();
    if (oldest !== undefined) this.#waiting.delete(oldest);
    this.#dropped += 1;
    if (this.#dropped === 1) log.warn("Reports come faster than they can be written", { limit });
  }
}

/** True for a failure that may be gone at the next attempt. */
function mayPass(error: unknown): boolean {
  if (!(error instanceof StatusError)) return true;
  return error.code >= 500 || error.code === 409 || error.code === 429;
}
