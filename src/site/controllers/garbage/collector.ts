import type { Catalog } from "#api/catalog.ts";
import { type KubeObject, nameOf, namespaceOf, type OwnerReference } from "#api/object.ts";
import { apiVersionOf } from "#api/resource.ts";
import { unlessNotFound } from "#api/status.ts";
import type { Client } from "#client/client.ts";
import type { EventRecorder } from "#client/events.ts";
import type { WorkQueue } from "#client/workqueue.ts";
import { setOwners } from "../ownership.ts";
import {
  describe,
  FOREGROUND,
  isForeground,
  ORPHAN,
  type OwnerGraph,
  ownersOf,
  uidOf,
  type Vertex,
} from "./graph.ts";

interface CollectorOptions {
  readonly graph: OwnerGraph;
  readonly client: Client;
  readonly events: EventRecorder;
  /** Of UIDs. */
  readonly queue: WorkQueue;
  /** The kinds that an owner can be of. */
  readonly catalog: Catalog;
}

/** How an owner stands: it lives, it waits for its dependents to go, it is gone, or nobody can say. */
type Standing = "solid" | "waiting" | "absent" | "unknown";

/** Decides what becomes of one object, by its owners and its dependents (Kubernetes `garbagecollector`). */
export class Collector {
  readonly #graph: OwnerGraph;
  readonly #client: Client;
  readonly #events: EventRecorder;
  readonly #queue: WorkQueue;
  readonly #catalog: Catalog;

  constructor({ graph, client, events, queue, catalog }: CollectorOptions) {
    this.#graph = graph;
    this.#client = client;
    this.#events = events;
    this.#queue = queue;
    this.#catalog = catalog;
  }

  async collect(uid: string): Promise<void> {
    const vertex = this.#graph.get(uid);
    if (vertex === undefined) return;
    const { deletionTimestamp, finalizers = [] } = vertex.object.metadata ?? {};
    if (deletionTimestamp === undefined) await this.#collectLiving(vertex);
    else if (finalizers.includes(ORPHAN)) await this.#orphanDependents(vertex);
    else if (finalizers.includes(FOREGROUND)) await this.#awaitDependents(vertex);
  }

  async #collectLiving(vertex: Vertex): Promise<void> {
    const { object } = vertex;
    const owners = ownersOf(object);
    if (owners.length === 0) return;
    const standings = await Promise.all(owners.map((owner) => this.#standing(owner, object)));
    if (standings.includes("unknown")) return;
    if (standings.includes("solid")) {
      const solid = owners.filter((_owner, index) => standings[index] === "solid");
      if (solid.length < owners.length) await this.#keepOwners(vertex, solid);
      return;
    }
    const waits = standings.includes("waiting");
    const dependents = this.#graph.dependentsOf(uidOf(object));
    if (waits && dependents.length > 0) {
      // In a circle each waits for the other: whoever is found waiting blocks no more.
      if (dependents.some((one) => isForeground(one.object))) await this.#unblock(vertex);
      await this.#delete(vertex, "Foreground");
    } else {
      await this.#delete(vertex, policyOf(object));
    }
  }

  async #standing(owner: OwnerReference, dependent: KubeObject): Promise<Standing> {
    const namespace = namespaceOf(dependent);
    const known = this.#graph.get(owner.uid)?.object;
    if (known === undefined) return await this.#ask(owner, namespace);
    const home = namespaceOf(known);
    if (home !== "" && home !== namespace) return this.#misplaced(owner, dependent);
    return isForeground(known) ? "waiting" : "solid";
  }

  /** An owner in another namespace is none; what names one from outside of all is a mistake, not garbage. */
  #misplaced(owner: OwnerReference, dependent: KubeObject): Standing {
    const namespace = namespaceOf(dependent);
    const message = `ownerRef ${describe(owner, namespace)} does not exist in namespace "${namespace}"`;
    const reason = "OwnerRefInvalidNamespace";
    this.#events.event(dependent, { type: "Warning", reason, message });
    return namespace === "" ? "unknown" : "absent";
  }

  /** The graph may lag behind a creation: only the API itself says that an owner is gone. */
  async #ask(owner: OwnerReference, namespace: string): Promise<Standing> {
    const resource = this.#catalog.resources.find(
      (one) => one.kind === owner.kind && apiVersionOf(one) === owner.apiVersion,
    );
    if (resource === undefined) return "unknown";
    if (resource.namespaced && namespace === "") return "unknown";
    const key = { namespace: resource.namespaced ? namespace : "", name: owner.name };
    const found = await this.#client.get(resource, key).catch(unlessNotFound);
    if (found === undefined || uidOf(found) !== owner.uid) return "absent";
    return isForeground(found) ? "waiting" : "solid";
  }

  async #keepOwners({ resource, object }: Vertex, owners: OwnerReference[]): Promise<void> {
    await setOwners(this.#client, resource, { object, ownerReferences: owners });
  }

  async #unblock({ resource, object }: Vertex): Promise<void> {
    const ownerReferences = ownersOf(object).map((owner) => ({
      ...owner,
      blockOwnerDeletion: false,
    }));
    await setOwners(this.#client, resource, { object, ownerReferences });
  }

  async #orphanDependents(vertex: Vertex): Promise<void> {
    const uid = uidOf(vertex.object);
    for (const { resource, object } of this.#graph.dependentsOf(uid)) {
      const ownerReferences = ownersOf(object).filter((owner) => owner.uid !== uid);
      await setOwners(this.#client, resource, { object, ownerReferences });
    }
    await this.#removeFinalizer(vertex, ORPHAN);
  }

  async #awaitDependents(vertex: Vertex): Promise<void> {
    const uid = uidOf(vertex.object);
    const blocking = this.#graph
      .dependentsOf(uid)
      .filter(({ object }) =>
        ownersOf(object).some((owner) => owner.uid === uid && owner.blockOwnerDeletion === true),
      );
    if (blocking.length === 0) await this.#removeFinalizer(vertex, FOREGROUND);
    for (const { object } of blocking) this.#queue.add(uidOf(object));
  }

  async #removeFinalizer({ resource, object }: Vertex, name: string): Promise<void> {
    const { resourceVersion, finalizers = [] } = object.metadata ?? {};
    const rest = finalizers.filter((finalizer) => finalizer !== name);
    const body = { metadata: { resourceVersion, finalizers: rest } };
    await this.#client
      .patch(resource, keyOf(object), { type: "merge", body })
      .catch(unlessNotFound);
  }

  async #delete({ resource, object }: Vertex, propagationPolicy: Policy): Promise<void> {
    const preconditions = { uid: uidOf(object) };
    const options = { preconditions, propagationPolicy };
    await this.#client.delete(resource, keyOf(object), options).catch(unlessNotFound);
  }
}

type Policy = "Background" | "Foreground" | "Orphan";

/** What an object asked for before its owner went, else the default. */
function policyOf({ metadata }: KubeObject): Policy {
  if (metadata?.finalizers?.includes(ORPHAN)) return "Orphan";
  return metadata?.finalizers?.includes(FOREGROUND) ? "Foreground" : "Background";
}

const keyOf = (object: KubeObject) => ({ namespace: namespaceOf(object), name: nameOf(object) });
