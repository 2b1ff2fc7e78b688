import { type KubeObject, nameOf, namespaceOf } from "#api/object.ts";
import type { LocalBus } from "#bus/bus.ts";
import { Complaints } from "#bus/complaints.ts";
import { CONNECTION, MESSAGE_GROUP, MODULE, OK, OPERATION, RESOURCE_TYPE } from "#bus/constants.ts";
import { errorTo, type Message, newMessage, responseTo, withSync } from "#bus/message.ts";
import { receiveEach } from "#bus/receive-each.ts";
import { formatResource, parseResource, type ResourcePath } from "#bus/resource-path.ts";
import type { Clock } from "#lib/clock.ts";
import type { Logger } from "#lib/log.ts";
import { Connection } from "./connection.ts";
import { KeptTokens } from "./kept-tokens.ts";
import type { MetaRow, MetaStore } from "./meta-store.ts";
import { Outgoing } from "./outgoing.ts";
import { RemoteRequests } from "./remote-requests.ts";
import {
  destinationOf,
  isFromEdge,
  isRemote,
  isRemoteFirst,
  isReport,
  itemTypeOf,
} from "./routes.ts";
import { MetaRows, type ObjectPath, uidOf } from "./rows.ts";
import type { SiteLink } from "./site-link.ts";

interface ManagerOptions {
  readonly bus: LocalBus;
  readonly store: MetaStore;
  readonly site: SiteLink;
  readonly remoteTimeoutMs: number;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** Says, as the answer to a message, why nothing was done with it. */
class Refusal extends Error {
  override readonly name = "Refusal";
}

/** One life of metaManager. Its receive loop decides and queues, and never waits for anybody. */
export class MetaManager {
  readonly #bus: LocalBus;
  readonly #log: Logger;
  readonly #signal: AbortSignal;
  readonly #rows: MetaRows;
  readonly #tokens: KeptTokens;
  readonly #connection: Connection;
  readonly #alwaysConnected: boolean;
  readonly #out: Outgoing;
  readonly #remote: RemoteRequests;
  readonly #complaints: Complaints;
  readonly #handlers: Readonly<Record<string, (message: Message, path: ResourcePath) => void>> = {
    [OPERATION.insert]: (message, path) => this.#change(message, path),
    [OPERATION.update]: (message, path) => this.#change(message, path),
    [OPERATION.response]: (message, path) => this.#response(message, path),
    [OPERATION.delete]: (message, path) => this.#delete(message, path),
    [OPERATION.query]: (message, path) => this.#query(message, path),
    [OPERATION.listEnd]: (message, path) => this.#listEnd(message, path),
    [OPERATION.publish]: (message) => this.#publish(message),
  };

  constructor({ bus, store, site, remoteTimeoutMs, clock, log, signal }: ManagerOptions) {
    this.#bus = bus;
    this.#log = log;
    this.#complaints = new Complaints(log);
    this.#signal = signal;
    this.#rows = new MetaRows(store);
    this.#tokens = new KeptTokens({ store, clock });
    this.#alwaysConnected = site.always;
    this.#connection = new Connection(site.always);
    this.#out = new Outgoing({ bus, site, connection: this.#connection, log, signal });
    this.#remote = new RemoteRequests({
      bus,
      site: site.module,
      timeoutMs: remoteTimeoutMs,
      signal,
    });
  }

  async run(ready: () => void): Promise<void> {
    const sending = this.#out.run();
    const receiving = receiveEach(this.#bus, MODULE.metaManager, {
      signal: this.#signal,
      onMessage: (message) => this.#process(message),
    });
    ready();
    try {
      await Promise.all([sending, receiving]);
    } finally {
      await this.#remote.settled();
    }
  }

  #process(message: Message): void {
    const { operation = "", resource = "" } = message.route;
    try {
      if (operation === OPERATION.error && !message.header.sync) {
        // Whoever refused what was sent has logged it.
        return this.#log.debug("A message was refused", { resource, reason: message.content });
      }
      const handle = this.#handlers[operation];
      if (handle === undefined) throw new Refusal(`Unknown operation ${JSON.stringify(operation)}`);
      handle(message, parseResource(resource));
    } catch (error) {
      if (!(error instanceof Refusal) && !(error instanceof TypeError)) throw error;
      this.#refuse(message, error);
    }
  }

  /** Keeps an object of the site and passes it on, or passes a report of an edge module up. */
  #change(message: Message, path: ResourcePath): void {
    if (isFromEdge(message.route.source)) return this.#report(message, path);
    this.#keep(message, path);
    this.#acknowledge(message);
  }

  /** An object that the site sends without being asked for it now. */
  #response(message: Message, path: ResourcePath): void {
    if (message.header.sync) throw new Refusal("An answer is no request");
    if (typeof message.content !== "object" || message.content === null) return;
    if (destinationOf(path.type) === undefined && !isRemote(path.type)) return;
    this.#keep(message, path);
  }

  #keep(message: Message, path: ResourcePath): void {
    const itemType = itemTypeOf(path.type);
    if (itemType !== undefined) {
      for (const item of itemsOf(message, itemType)) this.#keepOne(item.message, item.path);
      return;
    }
    this.#keepOne(message, named(path));
  }

  #keepOne(message: Message, path: ObjectPath): void {
    const to = destinationOf(path.type);
    if (to === undefined) throw unknownType(path);
    const saved = this.#rows.save(path, message);
    if (saved === "stale") return;
    if (typeof saved === "object") this.#forget(saved.replaced, to);
    this.#out.down(to, keyOf(path, message.content), withSync(message, false));
  }

  #delete(message: Message, path: ResourcePath): void {
    if (isFromEdge(message.route.source)) return this.#report(message, path);
    const one = named(path);
    const to = destinationOf(path.type);
    if (to === undefined) throw unknownType(path);
    const kept = this.#rows.get(one);
    if (this.#rows.delete(one, message.content)) {
      const uid = uidOf(message.content) || uidOf(kept?.value);
      if (path.type === RESOURCE_TYPE.pod) this.#tokens.forgetPod(uid);
      this.#out.down(to, keyOf(one, { UID: uid }), withSync(message, false));
    }
    this.#acknowledge(message);
  }

  /** Passes on that the object of a row is gone, which the site had no occasion to say. */
  #forget(row: MetaRow, to: string): void {
    const path = parseResource(row.key);
    if (row.type === RESOURCE_TYPE.pod) this.#tokens.forgetPod(uidOf(row.value));
    const message = newMessage({
      source: MODULE.metaManager,
      group: MESSAGE_GROUP.resource,
      operation: OPERATION.delete,
      resource: row.key,
      content: JSON.parse(row.value),
    });
    this.#out.down(to, keyOf(path, row.value), message);
  }

  /** The site has sent all objects of a type: what it did not name is gone. */
  #listEnd(message: Message, path: ResourcePath): void {
    const to = destinationOf(path.type);
    if (to === undefined) throw unknownType(path);
    for (const row of this.#rows.prune(path.type, keysOf(message.content))) this.#forget(row, to);
    this.#out.downLast(to, `${OPERATION.listEnd}/${path.type}`, withSync(message, false));
    this.#acknowledge(message);
  }

  #query(message: Message, path: ResourcePath): void {
    if (destinationOf(path.type) === undefined && !isRemote(path.type)) throw unknownType(path);
    if (path.type === RESOURCE_TYPE.serviceAccountToken) return this.#token(message, named(path));
    const rows = this.#read(path);
    if (path.name === undefined || !isRemote(path.type)) return this.#answer(message, rows);
    if (rows.length > 0 && !(isRemoteFirst(path.type) && this.#connection.isConnected)) {
      return this.#answer(message, rows);
    }
    if (!this.#connection.isConnected) throw new Refusal("The site cannot be reached");
    const one = named(path);
    this.#remote.start(message, (content) => {
      // A site that can always be asked sends what changes only to those who need it: a copy of
      // what was merely asked for would grow old. A joined node keeps it for when it is cut off.
      if (this.#alwaysConnected || isRemoteFirst(path.type)) return;
      this.#rows.save(one, { ...message, content });
    });
  }

  /** A token is made by the site; while that is out of reach the one that it made before will do. */
  #token(message: Message, account: ObjectPath): void {
    if (this.#connection.isConnected) {
      this.#remote.start(message, (content) => {
        if (!this.#alwaysConnected) this.#tokens.save(account, message.content, content);
      });
      return;
    }
    const kept = this.#tokens.get(account, message.content);
    if (kept === undefined) throw new Refusal("The site cannot be reached");
    this.#bus.sendResponse(responseTo(message, [kept]));
  }

  #read(path: ResourcePath): readonly MetaRow[] {
    if (path.name === undefined) return this.#rows.list(path.type);
    const row = this.#rows.get(named(path));
    return row === undefined ? [] : [row];
  }

  /** From the meta store: an array of JSON texts, as KubeEdge answers. */
  #answer(message: Message, rows: readonly MetaRow[]): void {
    const texts = rows.map(({ value }) => value);
    this.#bus.sendResponse(responseTo(message, texts));
  }

  /** What an edge module has to say goes to the site; newest state only, Events bounded. */
  #report(message: Message, path: ResourcePath): void {
    if (!isReport(path.type)) {
      throw unknownType(path);
    }
    if (message.header.sync) {
      if (!this.#connection.isConnected) throw new Refusal("The site cannot be reached");
      return this.#remote.start(message, () => undefined);
    }
    if (path.type === RESOURCE_TYPE.event) return this.#out.upOne(path.type, message);
    const { operation = "" } = message.route;
    this.#out.up(`${operation}/${keyOf(path, message.content)}`, message);
  }

  #publish(message: Message): void {
    const { route, content } = message;
    if (route.resource !== CONNECTION.resource) {
      throw new Refusal(`Unknown publication ${JSON.stringify(route.resource)}`);
    }
    if (!this.#alwaysConnected) this.#connection.set(content === CONNECTION.connected);
    if (message.header.sync) this.#acknowledge(message);
  }

  #acknowledge(message: Message): void {
    const answer = responseTo(message, OK);
    if (message.header.sync) this.#bus.sendResponse(answer);
    else this.#out.up(`${OPERATION.response}/${message.route.resource}`, answer);
  }

  /** Answers a message that cannot be processed with the reason, and logs each kind of it once. */
  #refuse(message: Message, error: Error): void {
    const { source, operation, resource = "" } = message.route;
    this.#complaints.about(message, error);
    const answer = errorTo(message, error.message);
    if (message.header.sync) this.#bus.sendResponse(answer);
    else if (operation === OPERATION.response) return;
    else if (!isFromEdge(source)) this.#out.upOne(OPERATION.error, answer);
    else if (source) this.#out.down(source, `${OPERATION.error}/${resource}`, answer);
  }
}

function unknownType({ type }: ResourcePath): Refusal {
  return new Refusal(`Unknown resource type ${JSON.stringify(type)}`);
}

/** One key per object in an outbox: a namesake with another UID is another object. */
function keyOf({ namespace, type, name = "" }: ResourcePath, content: unknown): string {
  return `${type}/${namespace}/${name}/${uidOf(content)}`;
}

function named(path: ResourcePath): ObjectPath {
  if (path.name === undefined) throw new Refusal("The resource has no name");
  return { ...path, name: path.name };
}

/** `keys` of a list-end message. */
function keysOf(content: unknown): ReadonlySet<string> {
  const keys: unknown =
    typeof content === "object" && content !== null && "keys" in content ? content.keys : undefined;
  if (!Array.isArray(keys) || !keys.every((key) => typeof key === "string")) {
    throw new Refusal("The end of a list has no 'keys'");
  }
  return new Set(keys);
}

/** The objects of KubeEdge's list types, each as the message that it would have been alone. */
function itemsOf(message: Message, type: string): { path: ObjectPath; message: Message }[] {
  const { content } = message;
  const items: unknown =
    typeof content === "object" && content !== null && "items" in content ? content.items : content;
  if (!Array.isArray(items)) throw new Refusal("The list has no 'items'");
  return items.map((item: KubeObject) => {
    const path = { namespace: namespaceOf(item), type, name: nameOf(item) };
    const route = { ...message.route, resource: formatResource(path) };
    return { path, message: newMessage({ ...route, content: item }) };
  });
}
