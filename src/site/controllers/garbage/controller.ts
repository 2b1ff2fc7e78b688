import { isDeepStrictEqual } from "node:util";
import type { Catalog } from "#api/catalog.ts";
import type { KubeObject } from "#api/object.ts";
import type { Resource } from "#api/resource.ts";
import { type Controller, createController } from "#client/controller.ts";
import type { InformerHandler } from "#client/informer.ts";
import type { WorkQueue } from "#client/workqueue.ts";
import { type ControllerDeps, equip } from "../deps.ts";
import { followKinds } from "../follow-kinds.ts";
import { KindInformers } from "../kind-informers.ts";
import { Collector } from "./collector.ts";
import { isForeground, OwnerGraph, ownersOf, uidOf } from "./graph.ts";

/** Deletes what has lost its last owner, and orders deletions that wait for each other. */
export function createGarbageCollector(deps: ControllerDeps, catalog: Catalog): Controller {
  const equipment = equip(deps, "generic-garbage-collector");
  const { informers, client, events, queue, log } = equipment;
  const graph = new OwnerGraph();
  const collector = new Collector({ graph, client, events, queue, catalog });
  const watched = new KindInformers({
    informers,
    isWanted: ({ plural, verbs }) => plural !== "events" && verbs.includes("watch"),
    handlerOf: (resource) => track({ resource, graph, queue }),
  });
  const unfollow = followKinds(catalog, watched);
  return createController({
    name: "garbage-collector",
    async reconcile(uid) {
      await collector.collect(uid);
      return undefined;
    },
    queue,
    log,
    workers: 5,
    synced: watched.synced,
    removals: [unfollow, () => watched.close()],
  });
}

interface Tracked {
  readonly resource: Resource;
  readonly graph: OwnerGraph;
  readonly queue: WorkQueue;
}

/** Keeps the graph of one kind, and queues whom a change concerns. */
function track({ resource, graph, queue }: Tracked): InformerHandler<KubeObject> {
  const queueDependents = (uid: string): void => {
    for (const { object } of graph.dependentsOf(uid)) queue.add(uidOf(object));
  };
  const put = (object: KubeObject): void => {
    graph.put({ resource, object });
    const isEnding = object.metadata?.deletionTimestamp !== undefined;
    if (ownersOf(object).length > 0 || isEnding) queue.add(uidOf(object));
    if (isForeground(object)) queueDependents(uidOf(object));
    // An owner that waits may have waited for this reference only.
    for (const { uid } of ownersOf(object)) queueIfWaiting(uid);
  };
  const queueIfWaiting = (uid: string): void => {
    const owner = graph.get(uid);
    if (owner && isForeground(owner.object)) queue.add(uid);
  };
  return {
    added: put,
    updated(next, previous) {
      graph.put({ resource, object: next });
      // Heartbeats and statuses are most of all changes, and none of ours.
      if (isDeepStrictEqual(linksOf(next), linksOf(previous))) return;
      put(next);
      for (const { uid } of ownersOf(previous)) queueIfWaiting(uid);
    },
    deleted(last) {
      graph.remove(uidOf(last));
      queueDependents(uidOf(last));
      for (const { uid } of ownersOf(last)) queueIfWaiting(uid);
    },
  };
}

function linksOf({ metadata }: KubeObject) {
  const { ownerReferences, finalizers, deletionTimestamp } = metadata ?? {};
  return { ownerReferences, finalizers, deletionTimestamp };
}
