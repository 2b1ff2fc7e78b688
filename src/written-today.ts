import type { Clock } from "#lib/clock.ts";
import type { Timer } from "#lib/timer.ts";
import { writtenBytes } from "./host.ts";

const DAY_MS = 24 * 60 * 60_000;

export interface WrittenTodayOptions {
  readonly clock: Clock;
  readonly timer: Timer;
  /** Ends the count. */
  readonly signal: AbortSignal;
}

/**
 * Counts what this process had written to disks since midnight (UTC), or since its start where that
 * was later. Wakes once a day.
 */
export function countWrittenToday({ clock, timer, signal }: WrittenTodayOptions): () => number {
  let before = writtenBytes();
  const startDay = (): void => {
    before = writtenBytes();
    callOff = timer.after(DAY_MS, startDay);
  };
  let callOff = timer.after(DAY_MS - (clock.now().getTime() % DAY_MS), startDay);
  signal.addEventListener("abort", () => callOff(), { once: true });
  return () => writtenBytes() - before;
}
