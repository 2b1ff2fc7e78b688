import type { Job, Pod } from "#api/object.ts";
import type { Clock } from "#lib/clock.ts";
import { failuresWith } from "./indexes.ts";

/** Kubernetes: 10 s after the first failed pod, doubling up to 10 minutes. */
const INITIAL_MS = 10_000;
const MAX_MS = 600_000;

interface Seen {
  readonly uid: string | undefined;
  readonly startedMs: number;
  readonly failed: number;
  readonly failedMs: number;
}

/** How long Jobs wait: for their deadline, and before a failed pod is replaced. By the monotonic clock. */
export class RetryDelays {
  readonly #clock: Clock;
  readonly #seen = new Map<string, Seen>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `deadlineMs` is infinite where there is none, `retryMs` 0 where nothing failed lately. */
  of(key: string, job: Job, pods: readonly Pod[]): { deadlineMs: number; retryMs: number } {
    const nowMs = this.#clock.monotonicMs();
    const failed = pods.filter(({ status }) => status?.phase === "Failed").length;
    const last = this.#seen.get(key);
    const known = last?.uid === job.metadata?.uid ? last : undefined;
    const seen = {
      uid: job.metadata?.uid,
      startedMs: job.spec?.suspend ? nowMs : (known?.startedMs ?? nowMs),
      failed,
      failedMs: known && known.failed >= failed ? known.failedMs : nowMs,
    };
    this.#seen.set(key, seen);
    const { activeDeadlineSeconds } = job.spec ?? {};
    const deadlineMs =
      activeDeadlineSeconds === undefined || job.spec?.suspend
        ? Number.POSITIVE_INFINITY
        : seen.startedMs + Number(activeDeadlineSeconds) * 1000 - nowMs;
    const tries = failuresInARow(job, pods) ?? failed;
    const backoffMs = tries === 0 ? 0 : Math.min(INITIAL_MS * 2 ** (tries - 1), MAX_MS);
    return { deadlineMs, retryMs: Math.max(0, seen.failedMs + backoffMs - nowMs) };
  }

  forget(key: string): void {
    this.#seen.delete(key);
  }
}

/** How often the index failed that did so most, where each has a limit of its own. */
function failuresInARow({ spec }: Job, pods: readonly Pod[]): number | undefined {
  if (spec?.backoffLimitPerIndex === undefined) return undefined;
  const failed = pods.filter(({ status }) => status?.phase === "Failed");
  return Math.max(0, ...failed.map(failuresWith));
}
