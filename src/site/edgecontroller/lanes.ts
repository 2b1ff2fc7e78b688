import type { Clock } from "#lib/clock.ts";
import type { Logger } from "#lib/log.ts";
import type { Timer } from "#lib/timer.ts";
import type { Buffers, Lane, Load } from "./limits.ts";
import { Reports } from "./reports.ts";
import { Requests } from "./requests.ts";

export interface LanesOptions {
  readonly buffer: Buffers;
  readonly load: Load;
  readonly log: Logger;
  readonly clock: Clock;
  readonly timer?: Timer;
}

/** Events are many and the newest matter most: they crowd out nothing but older Events. */
const EVENTS: Lane = { limit: 1_000, workers: 4 };

/** The queues of what edge nodes report and ask: a slow or full one holds up no other's work. */
export class Lanes {
  readonly podStatuses: Reports;
  readonly nodeStatuses: Reports;
  readonly nodes: Reports;
  readonly podDeletions: Reports;
  readonly events: Reports;
  readonly #options: LanesOptions;
  readonly #requests = new Map<keyof Buffers, Requests>();

  constructor(options: LanesOptions) {
    this.#options = options;
    this.podStatuses = this.#reports("updatePodStatus");
    this.nodeStatuses = this.#reports("updateNodeStatus");
    this.nodes = this.#reports("updateNode");
    this.podDeletions = this.#reports("deletePod");
    this.events = new Reports({ ...options, ...EVENTS, name: "edge-event", dropsOldest: true });
    for (const name of REQUESTS) this.#requests.set(name, new Requests(this.#limits(name)));
  }

  /** Takes a request over; resolves late where too many of its kind wait. */
  request(
    name: RequestName,
    work: () => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> | undefined {
    return this.#requests.get(name)?.add(work, signal);
  }

  /** Works until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { podStatuses, nodeStatuses, nodes, podDeletions, events } = this;
    const all = [podStatuses, nodeStatuses, nodes, podDeletions, events];
    await Promise.all([...all, ...this.#requests.values()].map((lane) => lane.run(signal)));
  }

  #reports(name: keyof Buffers): Reports {
    return new Reports({ ...this.#options, ...this.#limits(name), name: `edge-${name}` });
  }

  #limits(name: keyof Buffers): Lane {
    const { buffer, load } = this.#options;
    return { limit: buffer[name], workers: load[`${name}Workers`] };
  }
}

/** A node registers in the lane of its status, as in KubeEdge. */
const REQUESTS = [
  "updateNodeStatus",
  "queryConfigMap",
  "querySecret",
  "queryService",
  "queryEndpoints",
  "queryPersistentVolume",
  "queryPersistentVolumeClaim",
  "queryVolumeAttachment",
  "queryNode",
] as const satisfies readonly (keyof Buffers)[];

export type RequestName = (typeof REQUESTS)[number];
