import { abortable, aborted } from "#lib/abort.ts";
import { type Clock, systemClock } from "#lib/clock.ts";
import { systemTimer, type Timer } from "#lib/timer.ts";
import { Keeper, ModuleError } from "./keeper.ts";
import type { Module } from "./module.ts";

/**
 * Where a module is in its life:
 *
 *     waiting → starting → running → stopping → ended
 *                  ↑  ↓        ↓         ↓
 *                restarting ← ─┴──→ failed
 */
export type ModuleState =
  | "waiting"
  | "starting"
  | "running"
  | "restarting"
  | "stopping"
  | "ended"
  | "failed";

export interface ModuleStatus {
  readonly name: string;
  readonly state: ModuleState;
  readonly since: Date;
  readonly restarts: number;
  /** Why it failed or is being restarted. */
  readonly reason?: string;
}

export interface SupervisorOptions {
  /** Aborts when the site should stop. */
  readonly signal: AbortSignal;
  /** Aborts when it should stop at once: the second signal of an impatient person. */
  readonly hurry?: AbortSignal;
  /** How long one module may take to become ready. Default 60 s. */
  readonly startTimeoutMs?: number;
  /** How long all of the site may spend stopping before unfinished work is dropped. Default 20 s. */
  readonly stopGraceMs?: number;
  /** How long a module may then still take before it is left behind. Default 2 s. */
  readonly dropMs?: number;
  /** Told of every change of a module's state, synchronously. */
  readonly onStatus?: (status: ModuleStatus) => void;
  readonly clock?: Clock;
  readonly timer?: Timer;
}

/**
 * Starts modules in the order given, each once the one before it is ready, and runs them until
 * `signal` aborts or one of them fails for good. Then stops them in reverse order, each once the
 * one after it has returned.
 * @throws {ModuleError} the failure that ended the site, if one did.
 * @throws {AggregateError} when more than one module failed.
 */
export async function supervise(
  modules: readonly Module[],
  options: SupervisorOptions,
): Promise<void> {
  const { signal, hurry, stopGraceMs = 20_000, dropMs = 2_000 } = options;
  const { timer = systemTimer, clock = systemClock } = options;
  const deadline = new AbortController();
  const failed = new AbortController();
  const ending = AbortSignal.any([signal, failed.signal]);
  const keepers: Keeper[] = [];
  for (const { name } of modules) report(options, { name, state: "waiting", restarts: 0 });

  for (const module of modules) {
    if (ending.aborted) break;
    const keeper = new Keeper(module, {
      deadline: deadline.signal,
      timer,
      clock,
      onStatus: (status) => report(options, { name: module.name, ...status }),
    });
    keepers.push(keeper);
    void keeper.ended.then((error) => error && failed.abort(error));
    await started(keeper, { ...options, timer, ending, fail: (error) => failed.abort(error) });
  }
  await aborted(ending);

  const drop = (): void => deadline.abort(new Error("The time to stop is over"));
  if (hurry?.aborted) drop();
  hurry?.addEventListener("abort", drop, { once: true });
  const callOff = timer.after(stopGraceMs, drop);
  const errors: Error[] = [];
  if (failed.signal.reason instanceof ModuleError) errors.push(failed.signal.reason);
  try {
    for (const keeper of keepers.toReversed()) {
      const error = await stopped(keeper, { deadline: deadline.signal, dropMs, timer });
      if (error && !errors.includes(error)) errors.push(error);
    }
  } finally {
    callOff();
    hurry?.removeEventListener("abort", drop);
  }
  if (errors.length > 1) throw new AggregateError(errors, "Several modules failed");
  if (errors[0]) throw errors[0];
}

function report(
  { onStatus, clock = systemClock }: SupervisorOptions,
  status: Omit<ModuleStatus, "since">,
): void {
  onStatus?.({ ...status, since: clock.now() });
}

interface Starting {
  readonly timer: Timer;
  readonly startTimeoutMs?: number;
  readonly ending: AbortSignal;
  fail(error: ModuleError): void;
}

/** Waits until a module is ready, the site ends, or the module's time to start is over. */
async function started(
  { name, ready }: Keeper,
  { timer, startTimeoutMs = 60_000, ending, fail }: Starting,
): Promise<void> {
  const callOff = timer.after(startTimeoutMs, () =>
    fail(new ModuleError(name, `was not ready within ${startTimeoutMs} ms`)),
  );
  await abortable(ready, ending).catch(() => undefined);
  callOff();
}

interface Stopping {
  readonly deadline: AbortSignal;
  readonly dropMs: number;
  readonly timer: Timer;
}

/** Stops a module and waits until it has returned, or until it is plain that it will not. */
async function stopped(
  keeper: Keeper,
  { deadline, dropMs, timer }: Stopping,
): Promise<ModuleError | undefined> {
  keeper.stop();
  const given = Promise.withResolvers<ModuleError>();
  let callOff: () => void = () => undefined;
  const giveUp = (): void => {
    callOff = timer.after(dropMs, () => {
      const error = new ModuleError(keeper.name, "did not stop");
      keeper.abandon(error);
      given.resolve(error);
    });
  };
  if (deadline.aborted) giveUp();
  else deadline.addEventListener("abort", giveUp, { once: true });
  try {
    return await Promise.race([keeper.ended, given.promise]);
  } finally {
    deadline.removeEventListener("abort", giveUp);
    callOff();
  }
}
