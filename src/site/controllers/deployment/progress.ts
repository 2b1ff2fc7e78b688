import type { Deployment } from "#api/object.ts";
import type { Clock } from "#lib/clock.ts";
import { hasDeadline, progressing } from "./status.ts";

interface Seen {
  readonly stamp: string | undefined;
  readonly sinceMs: number;
}

/**
 * How long rollouts have stood still, by the monotonic clock: a step of the wall clock, in which
 * the stamps are, lets none time out.
 */
export class Progress {
  readonly #clock: Clock;
  readonly #seen = new Map<string, Seen>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How long until the deadline, 0 or less when it has passed; undefined where there is none to wait for. */
  leftMs(key: string, deployment: Deployment): number | undefined {
    const current = progressing(deployment.status ?? {});
    if (!hasDeadline(deployment) || current === undefined) return undefined;
    if (current.reason === "NewReplicaSetAvailable") return undefined;
    const nowMs = this.#clock.monotonicMs();
    let seen = this.#seen.get(key);
    if (seen === undefined || seen.stamp !== current.lastUpdateTime) {
      seen = { stamp: current.lastUpdateTime, sinceMs: nowMs };
      this.#seen.set(key, seen);
    }
    const deadlineMs = (deployment.spec?.progressDeadlineSeconds ?? 0) * 1000;
    return seen.sinceMs + deadlineMs - nowMs;
  }

  forget(key: string): void {
    this.#seen.delete(key);
  }
}
