import type { Event, KubeObject, ObjectReference } from "#api/object.ts";
import { EVENTS } from "#api/resources.ts";
import { hasReason } from "#api/status.ts";
import { aborted } from "#lib/abort.ts";
import { type Clock, rfc3339 } from "#lib/clock.ts";
import type { Logger } from "#lib/log.ts";
import type { Client } from "./client.ts";
import { type Correlated, EventCorrelator, type Happening } from "./event-correlator.ts";

/** Tells people what happened to an object, as `kubectl describe` shows it. */
export interface EventRecorder {
  /** Returns at once. Best effort: under a flood, and when the API is away, events are dropped. */
  event(object: KubeObject, happening: Omit<Happening, "object">): void;
}

export interface EventRecorderOptions {
  readonly client: Client;
  /** `source.component`: `deployment-controller`. */
  readonly component: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly random?: () => number;
}

/** client-go's broadcaster queues 1,000 and drops beyond. */
const MAX_QUEUED = 1000;

/** A recorder that writes in the background, one event at a time, until `signal` aborts. */
export function createEventRecorder(options: EventRecorderOptions): EventRecorder {
  const writer = new EventWriter(options);
  return {
    event: (object, happening) => writer.add({ ...happening, object: referenceTo(object) }),
  };
}

/** Points at this version of an object. */
export function referenceTo({ apiVersion, kind, metadata }: KubeObject): ObjectReference {
  return {
    ...(apiVersion !== undefined && { apiVersion }),
    ...(kind !== undefined && { kind }),
    ...(metadata?.namespace !== undefined && { namespace: metadata.namespace }),
    ...(metadata?.name !== undefined && { name: metadata.name }),
    ...(metadata?.uid !== undefined && { uid: metadata.uid }),
    ...(metadata?.resourceVersion !== undefined && { resourceVersion: metadata.resourceVersion }),
  };
}

class EventWriter {
  readonly #options: EventRecorderOptions;
  readonly #correlator: EventCorrelator;
  readonly #queue: Happening[] = [];
  #busy = false;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    this.#correlator = new EventCorrelator(options.clock);
    void aborted(options.signal).then(() => {
      this.#queue.length = 0;
    });
  }

  add(happening: Happening): void {
    const { signal, log } = this.#options;
    if (signal.aborted) return;
    if (this.#queue.length >= MAX_QUEUED) {
      log.debug("Dropping an event as too many wait", { reason: happening.reason });
      return;
    }
    this.#queue.push(happening);
    if (!this.#busy) void this.#drain();
  }

  async #drain(): Promise<void> {
    this.#busy = true;
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      const correlated = this.#correlator.correlate(next);
      if (correlated) await this.#write(next, correlated);
    }
    this.#busy = false;
  }

  async #write(happening: Happening, correlated: Correlated): Promise<void> {
    const { log, signal } = this.#options;
    try {
      if (correlated.series.name === "" || !(await this.#patch(happening, correlated))) {
        await this.#create(happening, correlated);
      }
    } catch (error) {
      // Forbidden: the namespace is being deleted, and nobody will ask for its events.
      if (signal.aborted || hasReason(error, "Forbidden") || hasReason(error, "NotFound")) return;
      log.warn("Cannot record an event", { reason: happening.reason, error });
    }
  }

  /** False when the event is gone: events live for an hour. */
  async #patch({ object }: Happening, { message, series }: Correlated): Promise<boolean> {
    const { client, clock } = this.#options;
    const key = { namespace: eventNamespace(object), name: series.name };
    const body = { count: series.count, message, lastTimestamp: rfc3339(clock.now()) };
    try {
      await client.patch(EVENTS, key, { type: "merge", body });
      return true;
    } catch (error) {
      if (hasReason(error, "NotFound")) return false;
      throw error;
    }
  }

  async #create(happening: Happening, { message, series }: Correlated): Promise<void> {
    const { client, clock, component, random = Math.random } = this.#options;
    const { object, type, reason } = happening;
    const now = clock.now();
    // client-go: the wall clock in nanoseconds; ours has milliseconds, the rest is chance.
    const stamp = BigInt(now.getTime()) * 1_000_000n + BigInt(Math.floor(random() * 1_000_000));
    series.name = `${object.name ?? ""}.${stamp.toString(16)}`;
    const event: Event = {
      apiVersion: "v1",
      kind: "Event",
      metadata: { name: series.name, namespace: eventNamespace(object) },
      involvedObject: object,
      type,
      reason,
      message,
      count: series.count,
      firstTimestamp: rfc3339(series.firstTimestamp),
      lastTimestamp: rfc3339(now),
      source: { component },
      reportingComponent: component,
      reportingInstance: "",
    };
    await client.create(EVENTS, event);
  }
}

/** Events about cluster-scoped objects live in `default`. */
function eventNamespace({ namespace }: ObjectReference): string {
  return namespace === undefined || namespace === "" ? "default" : namespace;
}
