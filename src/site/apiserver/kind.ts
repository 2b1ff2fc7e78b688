import type { Item, WatchEvent } from "#api/item.ts";
import type { KubeObject } from "#api/object.ts";
import type { Resource } from "#api/resource.ts";
import type { Subject } from "#api/status.ts";
import type { Target } from "#api/verbs.ts";
import type { ObjectKey } from "#db/object-store.ts";

/**
 * The two places where an object gets its kind's type: what lies in a kind's collection went in as
 * that kind, and what a caller sends for a kind was decoded by its schema.
 */
export function itemOf<T extends KubeObject>(_: Resource<T>, item: Item): Item<T> {
  return item as Item<T>;
}

/** See `itemOf`. */
export function eventOf<T extends KubeObject>(_: Resource<T>, event: WatchEvent): WatchEvent<T> {
  return event as WatchEvent<T>;
}

/** See `itemOf`. */
export function objectOf<T extends KubeObject>(_: Resource<T>, object: KubeObject): T {
  return object as T;
}

/** Where a kind's objects lie in the store. */
export function collectionOf({ group, plural }: { group: string; plural: string }): string {
  return `${group}/${plural}`;
}

/** Where one object lies. */
export function keyOf({ resource, namespace }: Target, name: string): ObjectKey {
  return { collection: collectionOf(resource), namespace, name };
}

/** The subject of an error about one object, or about one of its subresources. */
export function subjectOf(
  { resource, subresource }: { resource: Resource; subresource?: string },
  name: string,
): Subject {
  if (subresource === undefined) return { resource, name };
  const { group, plural, kind } = resource;
  return { resource: { group, plural: `${plural}/${subresource}`, kind }, name };
}
