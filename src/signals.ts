import type { Clock } from "#lib/clock.ts";

/** How the outside tells the site to end. */
export interface StopSignals {
  /** Aborts at the first SIGINT, SIGTERM or SIGQUIT: finish and stop. */
  readonly stop: AbortSignal;
  /** Aborts at the second one: drop everything. */
  readonly kill: AbortSignal;
}

interface SignalSource {
  on(name: NodeJS.Signals, listener: () => void): unknown;
}

/**
 * Nobody presses a key twice within this time. npm, sudo and timeout pass on what the terminal or
 * the process group has delivered already.
 */
const ECHO_MS = 150;

/**
 * Turns the signals of a process into AbortSignals; signals that come together are one. SIGHUP is
 * ignored: closing a terminal ends nothing. Called once per command that lives long; before that,
 * signals end the process as usual.
 */
export function processSignals(source: SignalSource, clock: Clock): () => StopSignals {
  return () => {
    const stop = new AbortController();
    const kill = new AbortController();
    let firstMs = 0;
    for (const name of ["SIGINT", "SIGTERM", "SIGQUIT"] as const) {
      source.on(name, () => {
        if (!stop.signal.aborted) {
          firstMs = clock.monotonicMs();
          stop.abort(new Error(name));
        } else if (clock.monotonicMs() - firstMs > ECHO_MS) {
          kill.abort(new Error(`A second ${name}`));
        }
      });
    }
    source.on("SIGHUP", () => undefined);
    return { stop: stop.signal, kill: kill.signal };
  };
}
