import type { Event, KubeObject, Lease, Node, Pod, PodStatus } from "#api/object.ts";
import { StatusError } from "#api/status.ts";
import type { LocalBus } from "#bus/bus.ts";
import { Complaints } from "#bus/complaints.ts";
import { OK, OPERATION, RESOURCE_TYPE } from "#bus/constants.ts";
import { errorTo, isAnswer, type Message, responseTo } from "#bus/message.ts";
import { parseResource } from "#bus/resource-path.ts";
import type { Client, Key } from "#client/client.ts";
import type { Clock } from "#lib/clock.ts";
import { explain } from "#lib/errors.ts";
import type { Logger } from "#lib/log.ts";
import type { Timer } from "#lib/timer.ts";
import { Lanes, type RequestName } from "./lanes.ts";
import type { Buffers, Load } from "./limits.ts";
import { NodeWriter, nodeIn, nodeReportIn } from "./node-status.ts";
import { type PodReport, PodWriter } from "./pod-status.ts";
import { queryOf } from "./queries.ts";
import { writeEvent, writeLease } from "./records.ts";
import type { Reports, Settle } from "./reports.ts";

export interface UpstreamOptions {
  readonly bus: LocalBus;
  readonly client: Client;
  readonly log: Logger;
  readonly clock: Clock;
  readonly timer?: Timer;
  readonly buffer: Buffers;
  readonly load: Load;
  /** KubeEdge's `nodeUpdateFrequency`. */
  readonly heartbeatMs: number;
  /** Ends all work. */
  readonly signal: AbortSignal;
  cachedPod(key: Key): Pod | undefined;
  /** A node reports on a pod that the API does not have. */
  onMissingPod(key: Key, uid: string): void;
  /** Answers a message whose sender does not wait in this process. */
  reply(answer: Message): void;
}

/** Takes a message over, and says when it has no room for another one of its kind. */
type Handle = (message: Message, key: Key) => Promise<void> | undefined;

/** Writes what edge nodes report, and answers what they ask. */
export class Upstream {
  readonly #options: UpstreamOptions;
  readonly #nodes: NodeWriter;
  readonly #pods: PodWriter;
  readonly #lanes: Lanes;
  readonly #complaints: Complaints;
  /** The last status that was reported of each pod, by UID. */
  readonly #lastReports = new Map<
    string,
    { readonly namespace: string; readonly report: PodReport }
  >();
  readonly #handlers: Readonly<Record<string, Handle>> = {
    [`${OPERATION.insert} ${RESOURCE_TYPE.nodeStatus}`]: (message, { name }) => {
      const node = nodeIn(name, message.content);
      return this.#request("updateNodeStatus", message, async () => {
        await this.#nodes.register(node);
        return OK;
      });
    },
    [`${OPERATION.update} ${RESOURCE_TYPE.nodeStatus}`]: (message, { name }) => {
      const report = nodeReportIn(name, message.content);
      return this.#report(this.#lanes.nodeStatuses, message, {
        key: `status/${name}`,
        write: () => this.#nodes.updateStatus(name, report),
      });
    },
    [`${OPERATION.update} ${RESOURCE_TYPE.node}`]: (message, { name }) => {
      const node = nodeIn(name, message.content);
      return this.#report(this.#lanes.nodes, message, {
        key: name,
        write: () => this.#nodes.mergeMetadata(node),
      });
    },
    [`${OPERATION.update} ${RESOURCE_TYPE.podStatus}`]: (message, key) =>
      this.#podStatuses(message, key),
    [`${OPERATION.delete} ${RESOURCE_TYPE.pod}`]: (message, key) => {
      const uid = uidIn(message.content);
      return this.#report(this.#lanes.podDeletions, message, {
        key: uid,
        write: () => this.#pods.delete(key, uid),
      });
    },
    [`${OPERATION.insert} ${RESOURCE_TYPE.event}`]: (message, key) => this.#event(message, key),
    [`${OPERATION.insert} ${RESOURCE_TYPE.lease}`]: (message, key) => this.#lease(message, key),
    [`${OPERATION.update} ${RESOURCE_TYPE.lease}`]: (message, key) => this.#lease(message, key),
  };

  constructor(options: UpstreamOptions) {
    const { client, log, clock, heartbeatMs } = options;
    this.#options = options;
    this.#complaints = new Complaints(log);
    this.#lanes = new Lanes(options);
    this.#nodes = new NodeWriter({ client, clock, heartbeatMs });
    this.#pods = new PodWriter({
      client,
      cached: options.cachedPod,
      onMissing: options.onMissingPod,
    });
  }

  /** Works until the signal aborts. */
  async run(): Promise<void> {
    await this.#lanes.run(this.#options.signal);
  }

  /**
   * Takes one message; what it asks for goes on by itself. A promise says that no more of its kind
   * may wait, and resolves once one may.
   */
  take(message: Message): Promise<void> | undefined {
    const { operation = "", resource = "" } = message.route;
    if (!message.header.sync && isAnswer(message)) {
      // Answers to what was sent down say nothing that the next report would not say, and whoever
      // refused it has logged that.
      if (operation === OPERATION.error)
        this.#options.log.debug("A message was refused below", {
          resource,
          error: message.content,
        });
      return undefined;
    }
    try {
      const { type, namespace, name } = parseResource(resource);
      if (name === undefined && type !== RESOURCE_TYPE.podStatus) {
        throw new TypeError("The resource has no name");
      }
      const key = { namespace, name: name ?? "" };
      if (operation === OPERATION.query) return this.#query(message, { ...key, type });
      const handle = this.#handlers[`${operation} ${type}`];
      if (handle === undefined) throw new TypeError(`Cannot ${operation} ${JSON.stringify(type)}`);
      return handle(message, key);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      this.#complaints.about(message, error);
      this.#answer(errorTo(message, error.message), message);
      return undefined;
    }
  }

  /**
   * The node is back: what others wrote of its pods while it was away gives way to what it said
   * last. KubeEdge repeated all statuses every minute for this.
   */
  repeatStatuses(isOnNode: (key: Key) => boolean): void {
    for (const { namespace, report } of this.#lastReports.values()) {
      if (isOnNode({ namespace, name: report.Name })) this.#putStatus(namespace, report);
    }
  }

  /**
   * A pod of a node that is well was written: whether it is ready is the node's to say. Whoever
   * took it for lost may have written that after the node was back.
   */
  podWritten({ metadata, status }: Pod): void {
    const last = this.#lastReports.get(metadata?.uid ?? "");
    if (!last || readiness(status) === readiness(last.report.Status)) return;
    this.#putStatus(last.namespace, last.report);
  }

  /** The pod is gone from the API. */
  forgetPod(uid: string): void {
    this.#lastReports.delete(uid);
  }

  #podStatuses(message: Message, { namespace, name }: Key): Promise<void> | undefined {
    const { content } = message;
    const reports: unknown[] = Array.isArray(content) ? content : [content];
    if (!reports.every(isPodReport)) {
      throw new TypeError("Cannot read a pod's status without 'UID' and 'Status'");
    }
    for (const report of reports) {
      const named = { ...report, Name: report.Name || name };
      this.#lastReports.set(report.UID, { namespace, report: named });
      this.#putStatus(namespace, named, this.#settleFor(message));
    }
    return this.#lanes.podStatuses.room;
  }

  #putStatus(namespace: string, report: PodReport, settle?: Settle): void {
    const write = (): Promise<void> => this.#pods.updateStatus(namespace, report);
    this.#lanes.podStatuses.put(report.UID, write, settle);
  }

  #event(message: Message, key: Key): Promise<void> | undefined {
    const event: Event = objectIn(message.content);
    return this.#report(this.#lanes.events, message, {
      key: `${key.namespace}/${key.name}`,
      write: () => writeEvent(this.#options.client, key, event),
    });
  }

  #lease(message: Message, key: Key): Promise<void> | undefined {
    const lease: Lease = objectIn(message.content);
    return this.#report(this.#lanes.nodeStatuses, message, {
      key: `lease/${key.namespace}/${key.name}`,
      write: () => writeLease(this.#options.client, key, lease),
    });
  }

  #query(message: Message, { type, ...key }: Key & { readonly type: string }) {
    const query = queryOf(type);
    if (query === undefined) throw new TypeError(`Cannot query ${JSON.stringify(type)}`);
    return this.#request(query.lane, message, () =>
      query.read(this.#options.client, key, message.content),
    );
  }

  #report(
    lane: Reports,
    message: Message,
    { key, write }: { readonly key: string; readonly write: () => Promise<void> },
  ): Promise<void> | undefined {
    lane.put(key, write, this.#settleFor(message));
    return lane.room;
  }

  /** What answers a report whose sender waits. */
  #settleFor(message: Message): Settle | undefined {
    if (!message.header.sync) return undefined;
    return (failure) =>
      this.#answer(
        failure === undefined ? responseTo(message, OK) : errorTo(message, errorContent(failure)),
        message,
      );
  }

  /** A request is answered once and at once: who asked knows best whether to ask again. */
  #request(
    lane: RequestName,
    message: Message,
    work: () => Promise<unknown>,
  ): Promise<void> | undefined {
    const answer = async (): Promise<void> => {
      try {
        this.#answer(responseTo(message, await work()), message);
      } catch (error) {
        this.#answer(errorTo(message, errorContent(error)), message);
      }
    };
    return this.#lanes.request(lane, answer, this.#options.signal);
  }

  #answer(answer: Message, to: Message): void {
    if (this.#options.bus.sendResponse(answer) || to.header.sync) return;
    this.#options.reply(answer);
  }
}

/** An error as an edge node sees it: the API's own Status where there is one. */
function errorContent(error: unknown): unknown {
  return error instanceof StatusError ? error.status : explain(error);
}

function isPodReport(content: unknown): content is PodReport {
  return (
    typeof content === "object" &&
    content !== null &&
    "UID" in content &&
    typeof content.UID === "string" &&
    "Status" in content &&
    typeof content.Status === "object" &&
    content.Status !== null
  );
}

function objectIn<T extends KubeObject>(content: unknown): T {
  if (!isObject<T>(content)) throw new TypeError("The message carries no object");
  return content;
}

function isObject<T extends KubeObject>(content: unknown): content is T {
  return typeof content === "object" && content !== null && "metadata" in content;
}

/** The UID that a pod's deletion names: alone, in an object, or as a precondition. */
function uidIn(content: unknown): string {
  if (typeof content === "string" && content !== "") return content;
  const {
    metadata,
    preconditions,
  }: { metadata?: Node["metadata"]; preconditions?: { uid?: string } } =
    typeof content === "object" && content !== null ? content : {};
  const uid = metadata?.uid ?? preconditions?.uid;
  if (uid === undefined) throw new TypeError("A pod is deleted by its UID");
  return uid;
}

function readiness(status: PodStatus | undefined): string | undefined {
  return status?.conditions?.find(({ type }) => type === "Ready")?.status;
}
