import { type KubeObject, objectKey } from "#api/object.ts";
import { controllerOf } from "#api/ownership.ts";
import type { Resource } from "#api/resource.ts";
import type { LabelMatcher } from "#api/selector.ts";
import type { Informer, InformerHandler } from "#client/informer.ts";
import type { WorkQueue } from "#client/workqueue.ts";

interface OwnersOf<O extends KubeObject> {
  readonly owners: Informer<O>;
  readonly resource: Resource<O>;
  readonly matcherOf: (owner: O) => LabelMatcher;
  readonly queue: WorkQueue;
}

/** The key of the owner that manages `child`, if the cache knows that very owner. */
export function ownerKey<O extends KubeObject>(
  { owners, resource }: Pick<OwnersOf<O>, "owners" | "resource">,
  child: KubeObject,
): string | undefined {
  const reference = controllerOf(child);
  if (reference?.kind !== resource.kind) return undefined;
  const namespace = child.metadata?.namespace ?? "";
  const key = namespace === "" ? reference.name : `${namespace}/${reference.name}`;
  return owners.get(key)?.metadata?.uid === reference.uid ? key : undefined;
}

/** A handler that queues the owner of a child that changed, or all that may adopt an orphan. */
export function queueOwners<O extends KubeObject>(of: OwnersOf<O>): InformerHandler<KubeObject> {
  const { owners, matcherOf, queue } = of;
  const managed = (child: KubeObject): void => {
    const key = ownerKey(of, child);
    if (key !== undefined) queue.add(key);
  };
  const orphan = ({ metadata }: KubeObject): void => {
    if (metadata?.deletionTimestamp !== undefined) return;
    for (const owner of owners.list(metadata?.namespace)) {
      if (matcherOf(owner).matches(metadata?.labels)) queue.add(objectKey(owner));
    }
  };
  const seen = (child: KubeObject): void =>
    controllerOf(child) === undefined ? orphan(child) : managed(child);
  return {
    added: seen,
    updated(next, previous) {
      if (controllerOf(previous)?.uid !== controllerOf(next)?.uid) managed(previous);
      seen(next);
    },
    deleted: managed,
  };
}

/** A handler that queues an object itself. */
export function queueItself(queue: WorkQueue): InformerHandler<KubeObject> {
  const add = (object: KubeObject): void => queue.add(objectKey(object));
  return { added: add, updated: add, deleted: add };
}
