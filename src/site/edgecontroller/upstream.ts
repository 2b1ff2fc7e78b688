import type { Event, KubeObject, Lease, Node, Pod } from "#api/object.ts";
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
import { NodeWriter } from "./node-status.ts";
import { type PodReport, PodWriter } from "./pod-status.ts";
import { readOf } from "./queries.ts";
import { writeEvent, writeLease } from "./records.ts";
import { Reports, type Settle } from "./reports.ts";

export interface UpstreamOptions {
  readonly bus: LocalBus;
  readonly client: Client;
  readonly log: Logger;
  readonly clock: Clock;
  readonly timer?: Timer;
  /** KubeEdge's `load`: reports that are written at the same time. */
  readonly workers: number;
  cachedPod(key: Key): Pod | undefined;
  /** A node reports on a pod that the API does not have. */
  onMissingPod(key: Key, uid: string): void;
  /** Answers a message whose sender does not wait in this process. */
  reply(answer: Message): void;
}

/** What is reported that waits for the API: one per object; Events apart, so that they crowd out nothing. */
const REPORT_LIMIT = 10_000;
const EVENT_LIMIT = 1_000;
const REQUEST_LIMIT = 1_024;

type Handle = (message: Message, key: Key) => void;

/** Writes what edge nodes report, and answers what they ask. Taking a message never waits. */
export class Upstream {
  readonly #options: UpstreamOptions;
  readonly #nodes: NodeWriter;
  readonly #pods: PodWriter;
  readonly #reports: Reports;
  readonly #events: Reports;
  readonly #requests = new Set<Promise<void>>();
  readonly #complaints: Complaints;
  /** The last status that was reported of each pod, by UID. */
  readonly #lastReports = new Map<
    string,
    { readonly namespace: string; readonly report: PodReport }
  >();
  readonly #handlers: Readonly<Record<string, Handle>> = {
    [`${OPERATION.insert} ${RESOURCE_TYPE.nodeStatus}`]: (message, { name }) =>
      this.#request(message, async () => {
        await this.#nodes.register(name, message.content);
        return OK;
      }),
    [`${OPERATION.update} ${RESOURCE_TYPE.nodeStatus}`]: (message, { name }) =>
      this.#report(`nodestatus/${name}`, message, () =>
        this.#nodes.updateStatus(name, message.content),
      ),
    [`${OPERATION.update} ${RESOURCE_TYPE.node}`]: (message, { name }) =>
      this.#report(`node/${name}`, message, () => this.#nodes.mergeMetadata(name, message.content)),
    [`${OPERATION.update} ${RESOURCE_TYPE.podStatus}`]: (message, key) =>
      this.#podStatuses(message, key),
    [`${OPERATION.delete} ${RESOURCE_TYPE.pod}`]: (message, key) => {
      const uid = uidIn(message.content);
      this.#report(`delete/${uid}`, message, () => this.#pods.delete(key, uid));
    },
    [`${OPERATION.insert} ${RESOURCE_TYPE.event}`]: (message, key) => this.#event(message, key),
    [`${OPERATION.insert} ${RESOURCE_TYPE.lease}`]: (message, key) => this.#lease(message, key),
    [`${OPERATION.update} ${RESOURCE_TYPE.lease}`]: (message, key) => this.#lease(message, key),
  };

  constructor(options: UpstreamOptions) {
    const { client, log, clock, timer, workers } = options;
    this.#options = options;
    this.#complaints = new Complaints(log);
    this.#nodes = new NodeWriter(client);
    this.#pods = new PodWriter({
      client,
      cached: options.cachedPod,
      onMissing: options.onMissingPod,
    });
    const common = { log, clock, workers, ...(timer && { timer }) };
    this.#reports = new Reports({ ...common, name: "edge-reports", limit: REPORT_LIMIT });
    this.#events = new Reports({ ...common, name: "edge-events", limit: EVENT_LIMIT });
  }

  /** Works until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#reports.run(signal), this.#events.run(signal)]);
    await Promise.all(this.#requests);
  }

  /** Takes one message; what it asks for goes on by itself. */
  take(message: Message): void {
    const { operation = "", resource = "" } = message.route;
    if (!message.header.sync && isAnswer(message)) {
      // Answers to what was sent down say nothing that the next report would not say, and whoever
      // refused it has logged that.
      if (operation === OPERATION.error)
        this.#options.log.debug("A message was refused below", {
          resource,
          error: message.content,
        });
      return;
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
      handle(message, key);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      this.#complaints.about(message, error);
      this.#answer(errorTo(message, error.message), message);
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

  /** The pod is gone from the API. */
  forgetPod(uid: string): void {
    this.#lastReports.delete(uid);
  }

  #podStatuses(message: Message, { namespace, name }: Key): void {
    const { content } = message;
    const reports: unknown[] = Array.isArray(content) ? content : [content];
    for (const report of reports) {
      if (!isPodReport(report)) throw new TypeError("Cannot read a pod's status without 'UID'");
      const named = { ...report, Name: report.Name || name };
      this.#lastReports.set(report.UID, { namespace, report: named });
      this.#putStatus(namespace, named, this.#settleFor(message));
    }
  }

  #putStatus(namespace: string, report: PodReport, settle?: Settle): void {
    const write = (): Promise<void> => this.#pods.updateStatus(namespace, report);
    this.#reports.put(`podstatus/${report.UID}`, write, settle);
  }

  #event(message: Message, key: Key): void {
    const event: Event = objectIn(message.content);
    const write = (): Promise<void> => writeEvent(this.#options.client, key, event);
    this.#events.put(`${key.namespace}/${key.name}`, write, this.#settleFor(message));
  }

  #lease(message: Message, key: Key): void {
    const lease: Lease = objectIn(message.content);
    this.#report(`lease/${key.namespace}/${key.name}`, message, () =>
      writeLease(this.#options.client, key, lease),
    );
  }

  #query(message: Message, { type, ...key }: Key & { readonly type: string }): void {
    const read = readOf(type);
    if (read === undefined) throw new TypeError(`Cannot query ${JSON.stringify(type)}`);
    this.#request(message, () => read(this.#options.client, key));
  }

  #report(key: string, message: Message, write: () => Promise<void>): void {
    this.#reports.put(key, write, this.#settleFor(message));
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
  #request(message: Message, work: () => Promise<unknown>): void {
    if (this.#requests.size >= REQUEST_LIMIT) {
      throw new TypeError(`${REQUEST_LIMIT} requests are already waiting`);
    }
    const working = work()
      .then(
        (content) => responseTo(message, content),
        (error: unknown) => errorTo(message, errorContent(error)),
      )
      .then((answer) => this.#answer(answer, message))
      .finally(() => this.#requests.delete(working));
    this.#requests.add(working);
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
    "Status" in content
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
