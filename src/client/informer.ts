import type { KubeObject } from "#api/object.ts";
import type { Resource } from "#api/resource.ts";

/** Called synchronously, in the order of the changes; must not throw. Also called on a relist for what changed meanwhile. */
export interface InformerHandler<T extends KubeObject> {
  added?(object: T): void;
  updated?(next: T, previous: T): void;
  deleted?(last: T): void;
}

/** A cache of one kind that follows the API. Values are frozen and shared. */
export interface Informer<T extends KubeObject> {
  /** Resolves once the first list is in the cache. */
  readonly synced: Promise<void>;
  /** By `namespace/name`, or `name`. */
  get(key: string): T | undefined;
  list(namespace?: string): readonly T[];
  /** Objects that `index`, given once to `addIndex`, put under `value`. */
  byIndex(index: string, value: string): readonly T[];
  addIndex(index: string, values: (object: T) => readonly string[]): void;
  /** Adds a handler; it first sees all that is cached as `added`. Returns its removal. */
  addHandler(handler: InformerHandler<T>): () => void;
}

/** One shared informer per kind for all components of a process; they run until the factory's signal aborts. */
export interface InformerFactory {
  informer<T extends KubeObject>(resource: Resource<T>): Informer<T>;
  /** Ends the informer of a kind that is served no more, unless somebody still has a handler on it. */
  release(resource: Resource): void;
}
