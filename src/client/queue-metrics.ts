import type { Cell, Labels, Metrics, Sample, Series } from "#lib/metrics.ts";
import type { QueueObserver } from "./workqueue.ts";

/** client-go's `prometheus.ExponentialBuckets(10e-9, 10, 12)`. */
const SECONDS = Array.from({ length: 12 }, (_, power) => Number(`1e${power - 8}`));

/** client-go's numbers about work queues, by the name of their controller. */
export class QueueMetrics {
  readonly #queues: { readonly name: string; readonly queue: { readonly size: number } }[] = [];
  readonly #adds: (labels: Labels) => Cell;
  readonly #retries: (labels: Labels) => Cell;
  readonly #waited: (labels: Labels) => Series;
  readonly #worked: (labels: Labels) => Series;

  constructor(metrics: Metrics) {
    metrics.read(
      { type: "gauge", name: "workqueue_depth", help: "Keys that wait for a worker." },
      () => this.#depths(),
    );
    this.#adds = metrics.counter({ name: "workqueue_adds_total", help: "Keys that were added." });
    this.#retries = metrics.counter({
      name: "workqueue_retries_total",
      help: "Keys that were added again after a failure.",
    });
    this.#waited = metrics.histogram({
      name: "workqueue_queue_duration_seconds",
      help: "How long keys wait, in seconds.",
      bounds: SECONDS,
    });
    this.#worked = metrics.histogram({
      name: "workqueue_work_duration_seconds",
      help: "How long keys are worked on, in seconds.",
      bounds: SECONDS,
    });
  }

  /** Controllers of one name count as one. */
  *#depths(): Iterable<Sample> {
    for (const [name, queues] of Map.groupBy(this.#queues, (one) => one.name)) {
      yield [{ name }, queues.reduce((sum, { queue }) => sum + queue.size, 0)];
    }
  }

  /** The observer of one queue. */
  of(name: string): QueueObserver {
    const [adds, retries] = [this.#adds({ name }), this.#retries({ name })];
    const [waited, worked] = [this.#waited({ name }), this.#worked({ name })];
    return {
      watch: (queue) => void this.#queues.push({ name, queue }),
      added() {
        adds.value += 1;
      },
      taken: (waitedMs) => waited.observe(waitedMs / 1000),
      done: (workedMs) => worked.observe(workedMs / 1000),
      retried() {
        retries.value += 1;
      },
    };
  }
}
