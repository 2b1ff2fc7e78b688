import { createHash } from "node:crypto";
import type { Container, Event, ObjectReference, Pod } from "#api/object.ts";
import { type Clock, rfc3339 } from "#lib/clock.ts";
import { explain } from "#lib/errors.ts";
import type { Logger } from "#lib/log.ts";
import type { MetaClient } from "#meta/meta-client.ts";

/** Different happenings that are remembered, so that the same one again raises a count. */
const REMEMBERED = 1024;
const COMPONENT = "kubelet";

export interface RecorderOptions {
  readonly meta: Pick<MetaClient, "createEvent">;
  readonly node: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Events stop going up when it aborts. */
  readonly signal: AbortSignal;
}

interface Happening {
  readonly object: ObjectReference;
  readonly namespace: string;
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
}

/** Says what the node does with a pod, as kubelet's events. */
export interface PodRecorder {
  normal(reason: string, message: string, container?: Container): void;
  warning(reason: string, message: string, container?: Container): void;
}

/**
 * Sends events up. The same happening again is the same event with a higher count. An event that
 * cannot be sent is dropped with a debug line: events are hints, the status is the truth.
 */
export class EventRecorder {
  readonly #options: RecorderOptions;
  /** Oldest first. */
  readonly #known = new Map<string, Event>();

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  forPod(pod: Pod): PodRecorder {
    const record = (type: Happening["type"]) => {
      return (reason: string, message: string, container?: Container): void => {
        const namespace = pod.metadata?.namespace ?? "";
        const object = podReference(pod, container);
        this.record({ object, namespace, type, reason, message });
      };
    };
    return { normal: record("Normal"), warning: record("Warning") };
  }

  record(happening: Happening): void {
    const { meta, log, signal } = this.#options;
    const event = this.#eventOf(happening);
    meta.createEvent(event, signal).catch((error: unknown) => {
      if (!signal.aborted) log.debug("An event was lost", { error: explain(error) });
    });
  }

  #eventOf(happening: Happening): Event {
    const { clock, node } = this.#options;
    const key = createHash("sha1").update(identity(happening)).digest("hex");
    const known = this.#known.get(key);
    const now = clock.now();
    const event: Event = {
      ...(known ?? newEvent(happening, { node, now })),
      count: (known?.count ?? 0) + 1,
      lastTimestamp: rfc3339(now),
    };
    this.#known.delete(key);
    this.#known.set(key, event);
    const [oldest] = this.#known.keys();
    if (this.#known.size > REMEMBERED && oldest !== undefined) this.#known.delete(oldest);
    return event;
  }
}

/** What makes two happenings the same: the version of the object does not. */
function identity({ object, type, reason, message }: Happening): string {
  return JSON.stringify([object.kind, object.uid, object.fieldPath, type, reason, message]);
}

function newEvent(
  { object, namespace, type, reason, message }: Happening,
  { node, now }: { readonly node: string; readonly now: Date },
): Event {
  const suffix = (BigInt(now.getTime()) * 1_000_000n + BigInt(Math.floor(Math.random() * 1e6)))
    .toString(16)
    .padStart(16, "0");
  return {
    apiVersion: "v1",
    kind: "Event",
    metadata: { name: `${object.name}.${suffix}`, namespace },
    involvedObject: object,
    type,
    reason,
    message,
    source: { component: COMPONENT, host: node },
    reportingComponent: COMPONENT,
    reportingInstance: node,
    firstTimestamp: rfc3339(now),
  };
}

function podReference({ metadata, spec }: Pod, container: Container | undefined): ObjectReference {
  const { name = "", namespace = "", uid = "", resourceVersion } = metadata ?? {};
  const isInit = spec?.initContainers?.some((init) => init.name === container?.name);
  const list = isInit ? "initContainers" : "containers";
  return {
    apiVersion: "v1",
    kind: "Pod",
    ...{ name, namespace, uid },
    ...(resourceVersion !== undefined && { resourceVersion }),
    ...(container && { fieldPath: `spec.${list}{${container.name}}` }),
  };
}
