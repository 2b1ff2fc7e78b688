import { Backoff } from "#lib/backoff.ts";
import type { Clock } from "#lib/clock.ts";
import { explain } from "#lib/errors.ts";
import type { Timer } from "#lib/timer.ts";
import type { Module, RestartPolicy } from "./module.ts";

/** A module that failed, ended early, was not ready in time, or did not stop. */
export class ModuleError extends Error {
  override readonly name = "ModuleError";
  readonly module: string;

  constructor(module: string, message: string, options?: ErrorOptions) {
    super(`Module ${module} ${message}`, options);
    this.module = module;
  }
}

/** KubeEdge's numbers: again after 1 s, then twice as long each time, up to 30 s, without end. */
export const RESTART_ON_FAILURE: RestartPolicy = {
  type: "OnFailure",
  retries: 0,
  intervalMs: 1_000,
  growth: 2,
  limitMs: 30_000,
};

export interface KeeperStatus {
  readonly state: "starting" | "running" | "restarting" | "stopping" | "ended" | "failed";
  readonly restarts: number;
  readonly reason?: string;
}

export interface KeeperOptions {
  /** Aborts when the module must drop its work. */
  readonly deadline: AbortSignal;
  readonly timer: Timer;
  readonly clock: Clock;
  onStatus(status: KeeperStatus): void;
}

/** One module and its lives: beehive's `localModuleKeeper`. */
export class Keeper {
  readonly name: string;
  /** Resolves when the module first served, or ended. */
  readonly ready: Promise<void>;
  /** Resolves when it has returned for good: with its failure, if it failed. Never rejects. */
  readonly ended: Promise<ModuleError | undefined>;
  readonly #module: Module;
  readonly #options: KeeperOptions;
  readonly #stop = new AbortController();
  readonly #markReady: () => void;
  #state: KeeperStatus["state"] = "starting";
  #restarts = 0;

  /** Starts the module. */
  constructor(module: Module, options: KeeperOptions) {
    this.name = module.name;
    this.#module = module;
    this.#options = options;
    const ready = Promise.withResolvers<void>();
    this.ready = ready.promise;
    this.#markReady = ready.resolve;
    this.ended = this.#live().then((error) => {
      if (error) this.#enter("failed", explain(error));
      else this.#enter("ended");
      this.#markReady();
      return error;
    });
  }

  /** Lets the module finish; `ended` tells when it has. */
  stop(): void {
    if (this.#stop.signal.aborted) return;
    if (this.#state !== "ended" && this.#state !== "failed") this.#enter("stopping");
    this.#stop.abort();
  }

  /** Nobody waits for it any more. */
  abandon(error: ModuleError): void {
    this.#enter("failed", explain(error));
  }

  async #live(): Promise<ModuleError | undefined> {
    const { restart } = this.#module;
    if (restart === undefined) return this.#liveOnce();
    const { intervalMs, limitMs, growth, retries } = restart;
    const backoff = new Backoff({ initialMs: intervalMs, maxMs: limitMs, factor: growth });
    const { clock } = this.#options;
    for (;;) {
      const bornMs = clock.monotonicMs();
      const error = await this.#liveOnce();
      const spent = retries > 0 && this.#restarts >= retries;
      if (!error || spent || this.#stop.signal.aborted) return error;
      // A life longer than the longest delay is no part of a row of failures.
      if (clock.monotonicMs() - bornMs > limitMs) backoff.reset();
      this.#enter("restarting", explain(error.cause ?? error));
      await this.#pause(backoff.next());
      if (this.#stop.signal.aborted) return undefined;
      this.#restarts += 1;
    }
  }

  /** One life: undefined when the module was stopped, or returned where its policy lets it. */
  async #liveOnce(): Promise<ModuleError | undefined> {
    const { deadline } = this.#options;
    const { signal } = this.#stop;
    this.#enter("starting");
    try {
      // Inside a promise, so that what it throws at once counts as what it rejects with.
      await Promise.try(() => this.#module.run({ signal, deadline, ready: () => this.#serves() }));
    } catch (cause) {
      // Work that was dropped because the time was over is what the deadline asks for.
      if (deadline.aborted) return undefined;
      return new ModuleError(this.name, "failed", { cause });
    }
    if (signal.aborted || this.#module.restart?.type === "OnFailure") return undefined;
    return new ModuleError(this.name, "ended early");
  }

  #serves(): void {
    if (this.#state === "starting") this.#enter("running");
    this.#markReady();
  }

  #enter(state: KeeperStatus["state"], reason?: string): void {
    this.#state = state;
    this.#options.onStatus({
      state,
      restarts: this.#restarts,
      ...(reason !== undefined && { reason }),
    });
  }

  #pause(delayMs: number): Promise<void> {
    const { signal } = this.#stop;
    return new Promise((resolve) => {
      const done = (): void => {
        callOff();
        signal.removeEventListener("abort", done);
        resolve();
      };
      const callOff = this.#options.timer.after(delayMs, done);
      signal.addEventListener("abort", done, { once: true });
    });
  }
}
