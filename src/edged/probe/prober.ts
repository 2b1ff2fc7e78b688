import type { Container, Probe } from "#api/object.ts";
import type { Clock } from "#lib/clock.ts";
import type { Timer } from "#lib/timer.ts";
import type { Verdict } from "../pod/plan-input.ts";
import type { RuntimeContainer } from "../runtime/types.ts";
import type { DialResult } from "./dial.ts";
import { ProbeLoop } from "./probe-loop.ts";

export type ProbeKind = "startup" | "liveness" | "readiness";

export interface ProberOptions {
  readonly clock: Clock;
  readonly timer: Timer;
  /** Runs one probe once. */
  readonly run: (probed: Probed, probe: Probe, signal: AbortSignal) => Promise<DialResult>;
  /** Something that a status or a plan depends on has changed. */
  readonly onChange: () => void;
  readonly onFailure: (probed: Probed, kind: ProbeKind, message: string) => void;
}

/** A running container, and what was known of it before this process looked after it. */
export interface Probed {
  readonly runtime: RuntimeContainer;
  readonly container: Container;
  /** The container was found running, with this in its pod's status. */
  readonly before?: { readonly started: boolean; readonly ready: boolean };
}

interface Watch {
  readonly probed: Probed;
  readonly loops: Partial<Record<ProbeKind, ProbeLoop>>;
  started: boolean;
  ready: boolean;
  failed: "liveness" | "startup" | undefined;
}

/**
 * Probes the running containers of one pod. Liveness and readiness wait for startup; a container
 * that was adopted keeps what it was until its own probes say otherwise.
 */
export class Prober {
  readonly #options: ProberOptions;
  readonly #watches = new Map<string, Watch>();

  constructor(options: ProberOptions) {
    this.#options = options;
  }

  /** Probes exactly these from now on. */
  sync(running: readonly Probed[]): void {
    const ids = new Set(running.map(({ runtime }) => runtime.id));
    for (const id of this.#watches.keys()) if (!ids.has(id)) this.#forget(id);
    for (const probed of running) {
      if (!this.#watches.has(probed.runtime.id)) this.#watch(probed);
    }
  }

  /** The pod ends: only readiness goes on, so that traffic stops as soon as it should. */
  stopRestarting(): void {
    for (const watch of this.#watches.values()) {
      watch.loops.liveness?.stop();
      watch.loops.startup?.stop();
      watch.failed = undefined;
    }
  }

  stop(): void {
    this.sync([]);
  }

  verdict(id: string): Verdict {
    const watch = this.#watches.get(id);
    if (!watch) return { started: false };
    const { started, failed } = watch;
    return failed ? { started, failed } : { started };
  }

  ready(id: string): boolean {
    const watch = this.#watches.get(id);
    return (watch?.started && watch.ready) ?? false;
  }

  #watch(probed: Probed): void {
    const { container, before, runtime } = probed;
    const watch: Watch = {
      probed,
      loops: {},
      started: !container.startupProbe || before?.started === true,
      ready: !container.readinessProbe || before?.ready === true,
      failed: undefined,
    };
    this.#watches.set(runtime.id, watch);
    if (watch.started) this.#startRest(watch);
    else this.#start(watch, "startup", container.startupProbe);
  }

  #startRest(watch: Watch): void {
    const { container } = watch.probed;
    this.#start(watch, "liveness", container.livenessProbe);
    this.#start(watch, "readiness", container.readinessProbe);
  }

  #start(watch: Watch, kind: ProbeKind, probe: Probe | undefined): void {
    if (!probe) return;
    const { clock, timer, run } = this.#options;
    const { probed } = watch;
    const startedAt = probed.runtime.startedAt ?? probed.runtime.createdAt;
    const ranMs = Math.max(clock.now().getTime() - startedAt.getTime(), 0);
    watch.loops[kind] = new ProbeLoop({
      probe,
      timer,
      // What was adopted is asked at once.
      firstDelayMs: probed.before
        ? 0
        : Math.max((probe.initialDelaySeconds ?? 0) * 1000 - ranMs, 0),
      run: (signal) => run(probed, probe, signal),
      onFailure: (message) => this.#options.onFailure(probed, kind, message),
      onVerdict: (good) => this.#judge(watch, kind, good),
    });
  }

  #judge(watch: Watch, kind: ProbeKind, good: boolean): void {
    if (kind === "readiness") watch.ready = good;
    else if (!good) watch.failed = kind;
    else if (kind === "startup" && !watch.started) {
      watch.started = true;
      watch.loops.startup?.stop();
      this.#startRest(watch);
    }
    this.#options.onChange();
  }

  #forget(id: string): void {
    for (const loop of Object.values(this.#watches.get(id)?.loops ?? {})) loop.stop();
    this.#watches.delete(id);
  }
}
