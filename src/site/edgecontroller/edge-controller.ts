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
import { type DownRoute, SITE_ROUTE } from "./down-route.ts";
import { Downstream, type Feed } from "./downstream.ts";
import { KINDS } from "./kinds.ts";
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
  /** KubeEdge's `load`: reports that are written at the same time. Default 4. */
  readonly workers?: number;
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
  options.bus.addModule(MODULE.edgeController, GROUP_OF.edgecontroller);
  return {
    name: MODULE.edgeController,
    group: GROUP_OF.edgecontroller,
    run: (scope) => new EdgeController(options, scope.signal).run(scope),
  };
}

/** One life of the module. */
class EdgeController {
  readonly #options: EdgeControllerOptions;
  readonly #feeds: readonly Feed[];
  readonly #locations = new Locations();
  readonly #downstream: Downstream;
  readonly #upstream: Upstream;
  readonly #removals: (() => void)[] = [];

  constructor(options: EdgeControllerOptions, signal: AbortSignal) {
    const { bus, client, informers, log, clock, timer, workers = 4 } = options;
    this.#options = options;
    this.#feeds = KINDS.map((kind) => ({ kind, informer: kind.informer(informers) }));
    this.#downstream = new Downstream(
      {
        bus,
        feeds: this.#feeds,
        locations: this.#locations,
        routeTo: (node) => this.#routeTo(node),
      },
      signal,
    );
    this.#upstream = new Upstream({
      bus,
      client,
      log,
      clock,
      workers,
      ...(timer && { timer }),
      cachedPod: (key) => informers.informer(PODS).get(`${key.namespace}/${key.name}`),
      onMissingPod: (key, uid) => this.#dropPod(key, uid),
      reply: (answer) => this.#downstream.send(options.nodeName, answer),
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
        this.#upstream.run(signal),
        receiveEach(this.#options.bus, MODULE.edgeController, {
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
        updated: (pod) => this.#podChanged(pod),
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
    return node === this.#options.nodeName ? SITE_ROUTE : this.#options.routeTo?.(node);
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
