import { type KubeObject, type Node, nameOf, objectKey, type Pod } from "#api/object.ts";
import { NODES, PODS } from "#api/resources.ts";
import type { LocalBus } from "#bus/bus.ts";
import {
  CLUSTER_NAMESPACE,
  GROUP_OF,
  MESSAGE_GROUP,
  MODULE,
  OPERATION,
  RESOURCE_TYPE,
} from "#bus/constants.ts";
import { type Message, newMessage } from "#bus/message.ts";
import type { Module, Scope } from "#bus/module.ts";
import { receiveEach } from "#bus/receive-each.ts";
import { formatResource } from "#bus/resource-path.ts";
import type { Client, Key } from "#client/client.ts";
import type { InformerFactory } from "#client/informer.ts";
import { abortable } from "#lib/abort.ts";
import type { Clock } from "#lib/clock.ts";
import type { Logger } from "#lib/log.ts";
import type { Timer } from "#lib/timer.ts";
import { DEFAULT_CONTEXT, type DownRoute, type ModuleContext, siteRoute } from "./down-route.ts";
import { Downstream, type Feed } from "./downstream.ts";
import { KINDS } from "./kinds.ts";
import { type Buffers, DEFAULT_BUFFERS, DEFAULT_LOAD, type Load } from "./limits.ts";
import { isEdgeNode, Locations } from "./locations.ts";
import { Upstream } from "./upstream.ts";

export interface EdgeControllerOptions {
  readonly bus: LocalBus;
  readonly client: Client;
  readonly informers: InformerFactory;
  /** The node of this process: it is fed from the start on, before it has registered. */
  readonly nodeName: string;
  /** How other edge nodes are reached; undefined for one that nothing leads to. Default: none is. */
  readonly routeTo?: (node: string) => DownRoute | undefined;
  /** KubeEdge's `buffer`: how many messages of each kind may wait, before the bus's queue fills. */
  readonly buffer?: Buffers;
  /** KubeEdge's `load`: how many of each kind are worked on at the same time. */
  readonly load?: Load;
  /** KubeEdge's `context`: the names of this module and of those around it. */
  readonly context?: ModuleContext;
  /** KubeEdge's `nodeUpdateFrequency`: older heartbeats of nodes count from now. Default 10 s. */
  readonly heartbeatMs?: number;
  readonly log: Logger;
  readonly clock: Clock;
  readonly timer?: Timer;
}

/**
 * Makes the module that feeds edge nodes with what they must run, and writes what they report
 * (KubeEdge `cloud/pkg/edgecontroller`). Its queue is there from now on: what is sent to it before
 * it runs waits for it.
 */
export function createEdgeController(options: EdgeControllerOptions): Module {
  const { receiveModule } = options.context ?? DEFAULT_CONTEXT;
  options.bus.addModule(receiveModule, GROUP_OF.edgecontroller);
  return {
    name: receiveModule,
    group: GROUP_OF.edgecontroller,
    run: (scope) => new EdgeController(options, scope.signal).run(scope),
  };
}

const HEARTBEAT_MS = 10_000;

/** One life of the module. */
class EdgeController {
  readonly #options: EdgeControllerOptions;
  readonly #context: ModuleContext;
  readonly #feeds: readonly Feed[];
  readonly #locations = new Locations();
  readonly #downstream: Downstream;
  readonly #upstream: Upstream;
  readonly #removals: (() => void)[] = [];

  constructor(options: EdgeControllerOptions, signal: AbortSignal) {
    const { bus, client, informers, log, clock, timer, context = DEFAULT_CONTEXT } = options;
    const { buffer = DEFAULT_BUFFERS, load = DEFAULT_LOAD, heartbeatMs = HEARTBEAT_MS } = options;
    this.#options = options;
    this.#context = context;
    this.#feeds = KINDS.map((kind) => ({ kind, informer: kind.informer(informers) }));
    this.#downstream = new Downstream(
      {
        bus,
        feeds: this.#feeds,
        locations: this.#locations,
        log,
        routeTo: (node) => this.#routeTo(node),
      },
      signal,
    );
    this.#upstream = new Upstream({
      bus,
      client,
      log,
      clock,
      ...{ buffer, load, heartbeatMs, signal },
      ...(timer && { timer }),
      cachedPod: (key) => informers.informer(PODS).get(`${key.namespace}/${key.name}`),
      onMissingPod: (key, uid) => this.#dropPod(key, uid),
      reply: (answer) => this.#downstream.answer(options.nodeName, answer),
    });
  }

  async run({ signal, ready }: Scope): Promise<void> {
    try {
      await abortable(Promise.all(this.#feeds.map(({ informer }) => informer.synced)), signal);
    } catch (error) {
      if (signal.aborted) return;
      throw error;
    }
    this.#locate();
    try {
      const running = Promise.all([
        this.#downstream.run(),
        this.#upstream.run(),
        receiveEach(this.#options.bus, this.#context.receiveModule, {
          signal,
          onMessage: (message) => this.#upstream.take(message),
        }),
      ]);
      ready();
      await running;
    } finally {
      for (const remove of this.#removals) remove();
    }
  }

  /** KubeEdge's initLocating: who is where, then everything to everybody, then what changes. */
  #locate(): void {
    const { informers, nodeName } = this.#options;
    for (const pod of informers.informer(PODS).list()) this.#locations.putPod(pod);
    this.#addNode(nodeName);
    for (const node of informers.informer(NODES).list()) this.#nodeChanged(node);
    this.#removals.push(
      informers.informer(NODES).addHandler({
        added: (node) => this.#nodeChanged(node),
        updated: (node, previous) => this.#nodeChanged(node, previous),
        deleted: (node) => this.#removeNode(nameOf(node)),
      }),
      informers.informer(PODS).addHandler({
        added: (pod) => this.#podChanged(pod),
        updated: (pod) => {
          this.#podChanged(pod);
          const node = informers.informer(NODES).get(pod.spec?.nodeName ?? "");
          if (node && isReady(node)) this.#upstream.podWritten(pod);
        },
        deleted: (pod) => this.#podDeleted(pod),
      }),
    );
    for (const { kind, informer } of this.#feeds) {
      const changed = (object: KubeObject): void =>
        this.#downstream.sync(kind.type, objectKey(object));
      this.#removals.push(
        informer.addHandler({ added: changed, updated: changed, deleted: changed }),
      );
    }
  }

  #nodeChanged(node: Node, previous?: Node): void {
    const name = nameOf(node);
    if (isEdgeNode(node)) this.#addNode(name);
    else this.#removeNode(name);
    if (isReady(node) && previous && !isReady(previous)) {
      const pods = this.#options.informers.informer(PODS);
      this.#upstream.repeatStatuses(
        (key) => pods.get(`${key.namespace}/${key.name}`)?.spec?.nodeName === name,
      );
    }
  }

  #addNode(name: string): void {
    if (this.#locations.nodes.has(name) || this.#routeTo(name) === undefined) return;
    this.#locations.addNode(name);
    this.#downstream.sendAll(name);
  }

  /** This process's own node stays: it needs what it runs also while its Node is not there. */
  #removeNode(name: string): void {
    if (name === this.#options.nodeName) return;
    this.#locations.removeNode(name);
    this.#downstream.drop(name);
  }

  #podChanged(pod: Pod): void {
    for (const { type, key } of this.#locations.putPod(pod)) this.#downstream.sync(type, key);
  }

  #podDeleted(pod: Pod): void {
    const references = this.#locations.removePod(objectKey(pod));
    // The pod first: what it refers to must not vanish under it.
    this.#downstream.sync(RESOURCE_TYPE.pod, objectKey(pod));
    for (const { type, key } of references) this.#downstream.sync(type, key);
    this.#upstream.forgetPod(pod.metadata?.uid ?? "");
  }

  #routeTo(node: string): DownRoute | undefined {
    return node === this.#options.nodeName
      ? siteRoute(this.#context)
      : this.#options.routeTo?.(node);
  }

  /** A node runs a pod that the API does not know: it is told once more that the pod is gone. */
  #dropPod({ namespace, name }: Key, uid: string): void {
    const message: Message = newMessage({
      source: MODULE.edgeController,
      group: MESSAGE_GROUP.resource,
      operation: OPERATION.delete,
      resource: formatResource({
        namespace: namespace || CLUSTER_NAMESPACE,
        type: RESOURCE_TYPE.pod,
        name,
      }),
      content: { apiVersion: "v1", kind: "Pod", metadata: { namespace, name, uid } },
    });
    this.#downstream.send(this.#options.nodeName, message);
  }
}

function isReady(node: Node): boolean {
  return (
    node.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ??
    false
  );
}
