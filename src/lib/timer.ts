/** One-shot alarms over monotonic time. */
export interface Timer {
  /** Calls `ring` once, `delayMs` from now or a little later. Returns what calls it off. */
  after(delayMs: number, ring: () => void): () => void;
}

/** The longest delay that `setTimeout` takes; it fires longer ones at once. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

export const systemTimer: Timer = {
  after(delayMs, ring) {
    let timer = setTimeout(
      function fire(leftMs: number) {
        if (leftMs <= 0) return ring();
        timer = setTimeout(fire, Math.min(leftMs, MAX_TIMEOUT_MS), leftMs - MAX_TIMEOUT_MS);
      },
      Math.max(0, Math.min(delayMs, MAX_TIMEOUT_MS)),
      delayMs - MAX_TIMEOUT_MS,
    );
    return () => clearTimeout(timer);
  },
};
