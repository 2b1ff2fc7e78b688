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
 * Turns the signals of a process into AbortSignals. SIGHUP is ignored: closing a terminal ends
 * nothing. Called once per command that lives long; before that, signals end the process as usual.
 */
export function processSignals(source: SignalSource): () => StopSignals {
  return () => {
    const stop = new AbortController();
    const kill = new AbortController();
    for (const name of ["SIGINT", "SIGTERM", "SIGQUIT"] as const) {
      source.on(name, () => {
        if (stop.signal.aborted) kill.abort(new Error(`A second ${name}`));
        else stop.abort(new Error(name));
      });
    }
    source.on("SIGHUP", () => undefined);
    return { stop: stop.signal, kill: kill.signal };
  };
}
