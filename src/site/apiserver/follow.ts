import type { KubeObject } from "#api/object.ts";
import type { Resource } from "#api/resource.ts";
import type { ObjectStore } from "#db/object-store.ts";
import { collectionOf, eventOf, itemOf } from "./kind.ts";

interface Follower<T extends KubeObject> {
  /** Is shown what there is, then every change as it is committed. What is gone has no `next`. */
  onChange(next: T | undefined, previous: T | undefined): void;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** Shows all objects of a kind, and how they change: whoever was answered was seen before. */
export function follow<T extends KubeObject>(
  store: ObjectStore,
  resource: Resource<T>,
  { onChange, signal }: Follower<T>,
): void {
  const collection = collectionOf(resource);
  const { items, resourceVersion } = store.list(collection);
  for (const item of items) onChange(itemOf(resource, item).value, undefined);
  const subscription = store.subscribe(collection, resourceVersion, (event, previous) => {
    const { type, item } = eventOf(resource, event);
    const next = type === "DELETED" ? undefined : item.value;
    onChange(next, previous && itemOf(resource, previous).value);
  });
  signal.addEventListener("abort", () => subscription.close(), { once: true });
}
