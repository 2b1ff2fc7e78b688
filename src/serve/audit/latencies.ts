import { goDuration } from "#api/duration-text.ts";
import type { Layer, Timed } from "#api/verbs.ts";

const PREFIX = "apiserver.latency.k8s.io/";
/** Below this nobody wants to know where the time went. */
const SLOW_MS = 500;

/** Where the time of one request went. */
export class Latencies {
  readonly #nowMs: () => number;
  readonly #fromMs: number;
  readonly #spent = new Map<Layer, number>();

  /** `nowMs` never steps; `knownMs` is how long it took to know who asks. */
  constructor(nowMs: () => number, knownMs: number) {
    this.#nowMs = nowMs;
    this.#fromMs = nowMs() - knownMs;
    this.#add("authentication", knownMs);
  }

  /** Does some of the work, and counts what it takes for a layer. */
  readonly timed: Timed = (layer, work) => {
    const fromMs = this.#nowMs();
    const over = (): void => this.#add(layer, this.#nowMs() - fromMs);
    let isOver = true;
    try {
      const result = work();
      if (!(result instanceof Promise)) return result;
      isOver = false;
      void result.then(over, over);
      return result;
    } finally {
      if (isOver) over();
    }
  };

  /** Annotations for the audit log, where the request took long. */
  told(): ReadonlyMap<string, string> {
    const totalMs = this.#nowMs() - this.#fromMs;
    if (totalMs <= SLOW_MS) return new Map();
    const layers = [...this.#spent, ["total", totalMs] as const];
    return new Map(layers.map(([layer, ms]) => [`${PREFIX}${layer}`, goDuration(ms)]));
  }

  #add(layer: Layer, ms: number): void {
    if (ms > 0) this.#spent.set(layer, (this.#spent.get(layer) ?? 0) + ms);
  }
}
