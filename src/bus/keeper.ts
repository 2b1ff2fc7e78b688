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

interface KeeperStatus {
  readonly state: "starting" | "running" | "restarting" | "stopping" | "ended" | "failed";
  readonly restarts: number;
  readonly reason?: string;
}

interface KeeperOptions {
  readonly deadline: AbortSignal;
  readonly timer: Timer;
  readonly clock: Clock;
  onState(status: KeeperStatus): void;
}

/** One module, kept alive as its policy says. */
export interface Keeper {
  readonly name: string;
  /** Resolves when the module first served. */
  readonly ready: Promise<void>;
  /** Resolves when it has returned for good: with its failure, if it failed. Never rejects. */
  readonly ended: Promise<ModuleError | undefined>;
  stop(): void;
  /** Nobody waits for it any more. */
  abandon(error: ModuleError): void;
}

/** Starts a module and keeps it, beehive's `localModuleKeeper`. */
export function keep(module: Module, { deadline, timer, clock, onState }: KeeperOptions): Keeper {
  const stop = new AbortController();
  const ready = Promise.withResolvers<void>();
  let last: KeeperStatus = { state: "starting", restarts: 0 };
  const enter = (state: KeeperStatus["state"], reason?: string): void => {
    last = { state, restarts: last.restarts, ...(reason !== undefined && { reason }) };
    onState(last);
  };

  /** One life: undefined when it was stopped, or returned where its policy lets it. */
  const live = async (): Promise<ModuleError | undefined> => {
    enter("starting", last.reason);
    try {
      // Called inside a promise: what it throws at once counts as what it rejects with.
      await Promise.try(() =>
        module.run({
          signal: stop.signal,
          deadline,
          ready: () => {
            if (last.state === "starting") enter("running");
            ready.resolve();
          },
        }),
      );
    } catch (cause) {
      // Work that was dropped because the time was over is what the deadline asks for.
      if (deadline.aborted) return undefined;
      return new ModuleError(module.name, "failed", { cause });
    }
    if (stop.signal.aborted || module.restart?.type === "OnFailure") return undefined;
    return new ModuleError(module.name, "ended early");
  };

  const lives = async (): Promise<ModuleError | undefined> => {
    const { restart } = module;
    if (restart === undefined) return live();
    const { intervalMs: initialMs, limitMs: maxMs, growth: factor, retries } = restart;
    const backoff = new Backoff({ initialMs, maxMs, factor });
    for (;;) {
      const bornMs = clock.monotonicMs();
      const error = await live();
      const spent = retries > 0 && last.restarts >= retries;
      if (!error || spent || stop.signal.aborted) return error;
      // A life longer than the longest delay is no part of a row of failures.
      if (clock.monotonicMs() - bornMs > maxMs) backoff.reset();
      enter("restarting", explain(error.cause ?? error));
      await pause(backoff.next(), { timer, signal: stop.signal });
      if (stop.signal.aborted) return undefined;
      last = { ...last, restarts: last.restarts + 1 };
    }
  };

  const ended = lives().then((error) => {
    if (error) enter("failed", explain(error));
    else enter("ended");
    ready.resolve();
    return error;
  });
  return {
    name: module.name,
    ready: ready.promise,
    ended,
    stop: () => {
      if (stop.signal.aborted) return;
      if (last.state !== "ended" && last.state !== "failed") enter("stopping");
      stop.abort();
    },
    abandon: (error) => enter("failed", explain(error)),
  };
}

function pause(
  delayMs: number,
  { timer, signal }: { timer: Timer; signal: AbortSignal },
): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      callOff();
      signal.removeEventListener("abort", done);
      resolve();
    };
    const callOff = timer.after(delayMs, done);
    signal.addEventListener("abort", done, { once: true });
  });
}
