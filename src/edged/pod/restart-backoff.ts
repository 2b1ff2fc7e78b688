/** kubelet's CrashLoopBackOff. */
const INITIAL_MS = 10_000;
const MAX_MS = 300_000;
/** A container that ran this long starts over. */
const FORGET_MS = 2 * MAX_MS;

interface Entry {
  readonly delayMs: number;
  readonly restartedMs: number;
}

/**
 * How long a container that keeps ending waits for its next start: not at all the first time, then
 * 10 s after it ended, doubled each time up to 300 s; forgotten once it ran for ten minutes.
 */
export class RestartBackoff {
  readonly #entries = new Map<string, Entry>();

  /** Until when a container that ended then must wait; monotonic milliseconds. */
  heldUntilMs(name: string, endedMs: number): number {
    const entry = this.#entryAt(name, endedMs);
    return entry ? endedMs + entry.delayMs : 0;
  }

  /** The delay that holds now. */
  delayMs(name: string): number {
    return this.#entries.get(name)?.delayMs ?? 0;
  }

  /** The container is started again. */
  restarted(name: string, { endedMs, nowMs }: { endedMs: number; nowMs: number }): void {
    const entry = this.#entryAt(name, endedMs);
    const delayMs = entry ? Math.min(entry.delayMs * 2, MAX_MS) : INITIAL_MS;
    this.#entries.set(name, { delayMs, restartedMs: nowMs });
  }

  #entryAt(name: string, endedMs: number): Entry | undefined {
    const entry = this.#entries.get(name);
    return entry && endedMs - entry.restartedMs <= FORGET_MS ? entry : undefined;
  }
}
