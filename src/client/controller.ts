import { hasCause, hasReason } from "#api/status.ts";
import { abortable } from "#lib/abort.ts";
import type { Logger } from "#lib/log.ts";
import type { WorkQueue } from "./workqueue.ts";

/** A failure that trying again cannot mend; the key rests until it changes. */
export class TerminalError extends Error {
  override readonly name = "TerminalError";
}

/** When to look at the key again although nothing changed. */
export interface Requeue {
  readonly requeueAfterMs: number;
}

/**
 * Brings the world closer to what the object named by `key` asks for. The key is the only input;
 * state is read now, never carried in an event. Throwing means: try again, later and later.
 */
export type Reconcile = (key: string, signal: AbortSignal) => Promise<Requeue | undefined>;

export interface ControllerOptions {
  readonly name: string;
  readonly reconcile: Reconcile;
  readonly queue: WorkQueue;
  readonly log: Logger;
  /** What must be in the caches before the first key is taken. */
  readonly synced?: readonly Promise<void>[];
  /** What the controller set up before it ran, undone when it ends: removals of informer handlers. */
  readonly removals?: readonly (() => void)[];
  /** Keys that are worked on at the same time. Default 1. */
  readonly workers?: number;
}

/** What a controller did since it was made. */
export interface ControllerCounts {
  readonly reconciled: number;
  readonly failed: number;
}

export interface Controller {
  readonly name: string;
  readonly counts: ControllerCounts;
  /** Resolves once the caches are filled that it reads. */
  readonly synced: Promise<void>;
  /** Works until `signal` aborts, then finishes the keys it has begun. Shuts the queue down. */
  run(signal: AbortSignal): Promise<void>;
}

/** A race that is lost more often in a row is none. */
const RACE_RETRIES = 5;
const RACES = ["AlreadyExists", "Conflict", "NotFound"] as const;

/** `v1.NamespaceTerminatingCause` */
const NAMESPACE_TERMINATING = "NamespaceTerminating";

/** A loop that takes keys from a queue and reconciles them; it logs, counts and retries. */
export function createController(options: ControllerOptions): Controller {
  const { name, queue, synced = [], removals = [], workers = 1 } = options;
  const log = options.log.child({ controller: name });
  const counts = { reconciled: 0, failed: 0 };
  const filled = Promise.all(synced).then(() => undefined);
  // Whoever waits learns of the end; nobody has to wait.
  filled.catch(() => undefined);

  async function work(key: string, signal: AbortSignal): Promise<void> {
    counts.reconciled += 1;
    try {
      const again = await options.reconcile(key, signal);
      queue.forget(key);
      if (again) queue.addAfter(key, again.requeueAfterMs);
    } catch (error) {
      if (signal.aborted) return;
      counts.failed += 1;
      retry(key, error);
    } finally {
      queue.done(key);
    }
  }

  function retry(key: string, error: unknown): void {
    if (error instanceof TerminalError) {
      queue.forget(key);
      log.error("Cannot reconcile; not trying again until it changes", { key, error });
      return;
    }
    if (hasCause(error, NAMESPACE_TERMINATING)) {
      // As client-go's controllers: nothing is to be made there any more.
      queue.forget(key);
      log.debug("Not reconciling: the namespace goes away", { key });
      return;
    }
    queue.addRateLimited(key);
    const retries = queue.retries(key);
    // Somebody wrote or deleted first, or what we made is not in the cache yet: the next round sees it.
    const isRace = RACES.some((reason) => hasReason(error, reason));
    if (isRace && retries <= RACE_RETRIES) log.debug("Reconciling again after a race", { key });
    else log.warn("Cannot reconcile; trying again", { key, error, retries });
  }

  async function worker(signal: AbortSignal): Promise<void> {
    for (;;) {
      const key = await queue.take();
      if (key === undefined || signal.aborted) return;
      await work(key, signal);
    }
  }

  return {
    name,
    counts,
    synced: filled,
    async run(signal) {
      const shutDown = (): void => queue.shutDown();
      signal.addEventListener("abort", shutDown, { once: true });
      try {
        await abortable(filled, signal).catch((error: unknown) => {
          if (!signal.aborted) throw error;
        });
        if (signal.aborted) shutDown();
        await Promise.all(Array.from({ length: workers }, () => worker(signal)));
      } finally {
        signal.removeEventListener("abort", shutDown);
        for (const remove of removals) remove();
      }
    },
  };
}
