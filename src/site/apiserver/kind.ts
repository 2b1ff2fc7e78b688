import type { CustomKind } from "#api/crd/custom-kind.ts";
import type { Item, WatchEvent } from "#api/item.ts";
import type { KubeObject } from "#api/object.ts";
import { apiVersionOf, type Resource } from "#api/resource.ts";
import { SCHEMA } from "#api/schema.ts";
import type { Subject } from "#api/status.ts";
import type { Target } from "#api/verbs.ts";
import type { ObjectKey, ObjectStore } from "#db/object-store.ts";
import { cloneJson } from "./json.ts";

/**
 * The two places where an object gets its kind's type: what lies in a kind's collection went in as
 * that kind, and what a caller sends for a kind was decoded by its schema. What is stored as another
 * kind is converted here.
 */
export function itemOf<T extends KubeObject>({ storedAs }: Resource<T>, item: Item): Item<T> {
  return storedAs === undefined ? (item as Item<T>) : item.as(storedAs);
}

/** See `itemOf`. */
export function eventOf<T extends KubeObject>(
  { storedAs }: Resource<T>,
  event: WatchEvent,
): WatchEvent<T> {
  return storedAs === undefined ? (event as WatchEvent<T>) : event.as(storedAs);
}

/** See `itemOf`. */
export function objectOf<T extends KubeObject>(_: Resource<T>, object: KubeObject): T {
  return object as T;
}

/** The row that a kind's objects are stored and judged as: its own, or that of `storedAs`. */
export function storedRow(resource: Resource): Resource {
  return resource.storedAs?.resource ?? resource;
}

/** The target as the store has it. */
export function stored<T extends Target>(target: T): T & { readonly resource: Resource } {
  const { resource } = target;
  return resource.storedAs === undefined ? target : { ...target, resource: storedRow(resource) };
}

/** What a caller sent, in the form in which it would be stored. */
export function storedForm<T extends KubeObject>(
  resource: Resource<T>,
  sent: KubeObject,
): KubeObject {
  const { storedAs, kind } = resource;
  if (storedAs === undefined) return sent;
  const object = objectOf(resource, cloneJson(sent));
  object.apiVersion = apiVersionOf(resource);
  object.kind = kind;
  resource.setDefaults(object);
  return storedAs.toStored(object);
}

/** True for kinds whose status is written through its own subresource. */
export function hasStatus({ subresources }: Resource): boolean {
  return subresources.some(({ name }) => name === "status");
}

/** What is stored, in the form in which a kind shows it. */
export function servedForm<T extends KubeObject>(
  { storedAs }: Resource<T>,
  stored: KubeObject,
): KubeObject {
  return storedAs === undefined ? stored : storedAs.fromStored(stored);
}

/** The definition of what a target, or one of its subresources, shows. */
export function definitionOf({
  resource,
  subresource,
}: Target & { readonly subresource?: string }): string | CustomKind {
  const shown = resource.subresources.find(({ name }) => name === subresource);
  const own = resource.custom ?? resource.definition;
  if (shown === undefined || shown.kind === resource.kind) return own;
  return SCHEMA.ofKind(shown)?.name ?? own;
}

/** Where a kind's objects lie in the store. */
export function collectionOf(resource: Resource): string {
  const { group, plural } = storedRow(resource);
  return `${group}/${plural}`;
}

/** Where one object lies. */
export function keyOf({ resource, namespace }: Target, name: string): ObjectKey {
  return { collection: collectionOf(resource), namespace, name };
}

/** The newest version of an object, those that are not committed yet included. */
export function newestOf<T extends KubeObject>(
  store: Pick<ObjectStore, "newest">,
  place: Target<T>,
  name: string,
): T | undefined {
  const item = store.newest(keyOf(place, name));
  return item && itemOf(place.resource, item).value;
}

/** The newest version of an object that everybody sees. */
export function visibleOf<T extends KubeObject>(
  store: Pick<ObjectStore, "get">,
  place: Target<T>,
  name: string,
): T | undefined {
  const item = store.get(keyOf(place, name));
  return item && itemOf(place.resource, item).value;
}

/** The subject of an error about one object, or about one of its subresources. */
export function subjectOf(
  { resource, subresource }: { resource: Resource; subresource?: string },
  name: string,
): Subject {
  if (subresource === undefined || resource.custom !== undefined) return { resource, name };
  const { group, plural, kind } = resource;
  return { resource: { group, plural: `${plural}/${subresource}`, kind }, name };
}

/**
 * Why an object is not the one that was meant; undefined where it is, or where any of its name was
 * meant (apiserver `storage.Preconditions`).
 */
export function uidProblem(meant: KubeObject, { metadata }: KubeObject): string | undefined {
  const uid = meant.metadata?.uid ?? "";
  if (uid === "" || uid === metadata?.uid) return undefined;
  return `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${metadata?.uid}`;
}
