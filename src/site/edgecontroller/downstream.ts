import { type KubeObject, nameOf, namespaceOf, objectKey } from "#api/object.ts";
import type { LocalBus } from "#bus/bus.ts";
import { CLUSTER_NAMESPACE, MESSAGE_GROUP, MODULE, OPERATION } from "#bus/constants.ts";
import { Deliveries } from "#bus/deliveries.ts";
import { type Message, newMessage } from "#bus/message.ts";
import { Outboxes } from "#bus/outboxes.ts";
import { formatResource } from "#bus/resource-path.ts";
import type { Informer } from "#client/informer.ts";
import type { Logger } from "#lib/log.ts";
import type { DownRoute } from "./down-route.ts";
import type { Kind } from "./kinds.ts";
import type { Locations } from "./locations.ts";

/** A kind and the cache of its objects. */
export interface Feed {
  readonly kind: Kind;
  readonly informer: Informer<KubeObject>;
}

export interface DownstreamOptions {
  readonly bus: LocalBus;
  readonly feeds: readonly Feed[];
  readonly locations: Locations;
  readonly log: Logger;
  routeTo(node: string): DownRoute | undefined;
}

/** `list-end`: these are all objects of the type that the node should have. */
interface ListEnd {
  readonly keys: readonly string[];
}

/**
 * Feeds edge nodes. Level triggered: for one object, what each node should have is compared with
 * what it was sent last, and the difference becomes a message. One path for all kinds.
 */
export class Downstream {
  readonly #options: DownstreamOptions;
  readonly #feeds: ReadonlyMap<string, Feed>;
  /** Node → `type/key` → the object that it was sent last. */
  readonly #sent = new Map<string, Map<string, KubeObject>>();
  readonly #outboxes: Outboxes;

  /** Delivers until `signal` aborts. */
  constructor(options: DownstreamOptions, signal: AbortSignal) {
    this.#options = options;
    this.#feeds = new Map(options.feeds.map((feed) => [feed.kind.type, feed]));
    const deliveries = new Deliveries(options.log);
    this.#outboxes = new Outboxes({
      signal,
      deliver: (module, message) =>
        deliveries.settle(module, options.bus.send(module, message, signal)),
    });
  }

  /**
   * Resolves once the signal has aborted and all deliveries have stopped.
   * @throws what a delivery failed with. That a module is not there is no failure: a site without a
   * node of its own has no metaManager.
   */
  run(): Promise<void> {
    return this.#outboxes.run();
  }

  /** Brings every node up to date with one object. */
  sync(type: string, key: string): void {
    const feed = this.#feeds.get(type);
    if (feed === undefined) return;
    const { locations } = this.#options;
    const object = feed.informer.get(key);
    const wanted = new Set(object ? feed.kind.nodesOf(key, locations) : []);
    for (const node of this.#sent.keys()) {
      this.#syncNode({ node, kind: feed.kind, key }, wanted.has(node) ? object : undefined);
    }
  }

  /** Sends a node everything that it should have, and after each kind the mark of its end. */
  sendAll(node: string): void {
    this.#sent.set(node, new Map());
    for (const { kind, informer } of this.#options.feeds) {
      for (const object of informer.list()) this.sync(kind.type, objectKey(object));
      this.#endList(node, kind);
    }
  }

  /** Forgets a node that is no edge node any more. */
  drop(node: string): void {
    this.#sent.delete(node);
  }

  /** Sends a message that stands for itself: news about what is not in the caches. */
  send(node: string, message: Message): void {
    const route = this.#options.routeTo(node);
    if (route) this.#sendOne(node, message, { ...route, to: route.module });
  }

  /** Sends the answer to what a node asked. */
  answer(node: string, message: Message): void {
    const route = this.#options.routeTo(node);
    if (route) this.#sendOne(node, message, { ...route, to: route.answers ?? route.module });
  }

  #sendOne(node: string, message: Message, route: DownRoute & { readonly to: string }): void {
    const { resource = "", ...rest } = message.route;
    const addressed = { ...message, route: { ...rest, resource: route.address(resource) } };
    const key = `${node}/${rest.operation}/${resource}/${message.header.parent_msg_id ?? ""}`;
    this.#outboxes.to(route.to).putLast(key, addressed);
  }

  #syncNode({ node, kind, key }: Place, object: KubeObject | undefined): void {
    const sent = this.#sent.get(node);
    if (sent === undefined) return;
    const id = `${kind.type}/${key}`;
    const had = sent.get(id);
    if (had === object) return;
    if (had && object?.metadata?.uid !== had.metadata?.uid) {
      this.#put({ node, kind }, { operation: OPERATION.delete, object: had });
      sent.delete(id);
    }
    if (object === undefined) return;
    const operation = operationFor(kind, { object, had: sent.get(id) });
    if (operation) this.#put({ node, kind }, { operation, object });
    sent.set(id, object);
  }

  #put({ node, kind }: Omit<Place, "key">, { operation, object }: Step): void {
    const route = this.#options.routeTo(node);
    if (route === undefined) return;
    const resource = resourceOf(kind.type, object);
    const { uid = "", resourceVersion } = object.metadata ?? {};
    const message = newMessage({
      source: MODULE.edgeController,
      group: MESSAGE_GROUP.resource,
      operation,
      resource: route.address(resource),
      content: object,
      ...(resourceVersion !== undefined && { resourceVersion }),
    });
    this.#outboxes.to(route.module).put(`${node}/${resource}/${uid}`, message);
  }

  #endList(node: string, { type }: Kind): void {
    const route = this.#options.routeTo(node);
    if (route === undefined) return;
    const objects = [...(this.#sent.get(node) ?? [])].filter(([id]) => id.startsWith(`${type}/`));
    const content: ListEnd = { keys: objects.map(([, object]) => rowKey(object)) };
    const message = newMessage({
      source: MODULE.edgeController,
      group: MESSAGE_GROUP.resource,
      operation: OPERATION.listEnd,
      resource: route.address(formatResource({ namespace: "all", type })),
      content,
    });
    this.#outboxes.to(route.module).putLast(`${node}/${OPERATION.listEnd}/${type}`, message);
  }
}

interface Place {
  readonly node: string;
  readonly kind: Kind;
  readonly key: string;
}

interface Step {
  readonly operation: string;
  readonly object: KubeObject;
}

/** What to tell a node of an object, given what it was told before; undefined: nothing. */
function operationFor(
  { first, ignoresStatus }: Kind,
  { object, had }: { readonly object: KubeObject; readonly had: KubeObject | undefined },
): string | undefined {
  if (had === undefined) {
    // A pod that is already being deleted is never news: KubeEdge turns this Added into Modified.
    return object.metadata?.deletionTimestamp === undefined ? first : OPERATION.update;
  }
  const same = Bun.deepEquals(significant(had, ignoresStatus), significant(object, ignoresStatus));
  return same ? undefined : OPERATION.update;
}

/** An object without what changes when nothing that matters to a node did. */
function significant(object: KubeObject, ignoresStatus: boolean): object {
  const { metadata, ...rest } = object;
  const { resourceVersion, generation, managedFields, ...kept } = metadata ?? {};
  return { ...rest, metadata: kept, ...(ignoresStatus && { status: undefined }) };
}

function resourceOf(type: string, object: KubeObject): string {
  return formatResource({
    namespace: namespaceOf(object) || CLUSTER_NAMESPACE,
    type,
    name: nameOf(object),
  });
}

/** `namespace/name` as in the key of the meta row. */
function rowKey(object: KubeObject): string {
  return `${namespaceOf(object) || CLUSTER_NAMESPACE}/${nameOf(object)}`;
}
