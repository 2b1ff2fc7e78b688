import type { Clock } from "#lib/clock.ts";
import type { Timer } from "#lib/timer.ts";

interface Alarm {
  readonly atMs: number;
  readonly ring: () => void;
}

/** Time that moves only when a test says so. */
export class ManualClock implements Clock, Timer {
  readonly #startMs: number;
  readonly #alarms = new Set<Alarm>();
  #nowMs = 0;

  constructor(start = new Date("2030-01-01T00:00:00Z")) {
    this.#startMs = start.getTime();
  }

  /** Alarms that are set. */
  get alarms(): number {
    return this.#alarms.size;
  }

  now(): Date {
    return new Date(this.#startMs + this.#nowMs);
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, ring: () => void): () => void {
    const alarm = { atMs: this.#nowMs + delayMs, ring };
    this.#alarms.add(alarm);
    return () => this.#alarms.delete(alarm);
  }

  /** Moves time on and rings what is due on the way, in order. */
  advance(ms: number): void {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      const [next] = [...this.#alarms].sort((a, b) => a.atMs - b.atMs);
      if (next === undefined || next.atMs > untilMs) break;
      this.#alarms.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.ring();
    }
    this.#nowMs = untilMs;
  }
}
