import { Backoff } from "#lib/backoff.ts";
import type { Clock } from "#lib/clock.ts";
import { ContainerFailure } from "../container/container-failure.ts";
import { VolumeError } from "../volume/pod-volumes.ts";
import { SANDBOX_KEY } from "./action.ts";
import type { Waiting } from "./container-status.ts";

/** After which a step that failed is tried again. */
const RETRY = { initialMs: 1000, maxMs: 30_000 };

interface Failure {
  readonly backoff: Backoff;
  readonly untilMs: number;
  readonly waiting: Waiting | undefined;
}

/** What of a pod failed lately, by action key: how long it rests, and what its status says. */
export class Failures {
  readonly #clock: Clock;
  readonly #failures = new Map<string, Failure>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  failed(key: string, error: Error): void {
    const backoff = this.#failures.get(key)?.backoff ?? new Backoff(RETRY);
    const restMs = this.#clock.monotonicMs() + backoff.next();
    const untilMs = (error instanceof ContainerFailure && error.retryAtMs) || restMs;
    const waiting =
      error instanceof ContainerFailure
        ? { reason: error.reason, message: error.message }
        : undefined;
    this.#failures.set(key, { backoff, untilMs, waiting });
  }

  succeeded(key: string): void {
    this.#failures.delete(key);
  }

  /** What failed for lack of something that has come may be tried at once. */
  retryNow(): void {
    for (const [key, failure] of this.#failures)
      this.#failures.set(key, { ...failure, untilMs: 0 });
  }

  isHeld(key: string): boolean {
    return (this.#failures.get(key)?.untilMs ?? 0) > this.#clock.monotonicMs();
  }

  /** When what failed may be tried again, as far as that is still to come. */
  heldUntilMs(): number[] {
    const nowMs = this.#clock.monotonicMs();
    return [...this.#failures.values()].map(({ untilMs }) => untilMs).filter((ms) => ms > nowMs);
  }

  holds(): [string, number][] {
    return [...this.#failures].map(([key, { untilMs }]) => [key, untilMs]);
  }

  waiting(key: string): Waiting | undefined {
    return this.#failures.get(key)?.waiting;
  }

  /** The event for a failure that has not sent its own. */
  eventOf(key: string, error: Error): { reason: string; message: string } | undefined {
    if (error instanceof ContainerFailure) return undefined;
    const { message } = error;
    if (error instanceof VolumeError) return { reason: "FailedMount", message };
    if (key === SANDBOX_KEY) {
      return {
        reason: "FailedCreatePodSandBox",
        message: `Failed to create pod sandbox: ${message}`,
      };
    }
    if (key.startsWith("container:")) return { reason: "FailedKillPod", message };
    return { reason: "FailedSync", message: `Error syncing pod: ${message}` };
  }
}
