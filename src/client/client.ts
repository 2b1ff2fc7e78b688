import type { KubeObject } from "#api/object.ts";
import type { Resource } from "#api/resource.ts";
import type { DeleteOptions, ListOptions, Patch } from "#api/verbs.ts";

export interface Key {
  /** `""` for cluster-scoped kinds. */
  readonly namespace: string;
  readonly name: string;
}

export interface ObjectList<T extends KubeObject> {
  readonly items: readonly T[];
  readonly resourceVersion: string;
}

/**
 * The API as a controller uses it: typed verbs of one component's own user. Values that come back
 * are frozen. Everything rejects with `StatusError`.
 */
export interface Client {
  get<T extends KubeObject>(resource: Resource<T>, key: Key): Promise<T>;
  list<T extends KubeObject>(
    resource: Resource<T>,
    options?: ListOptions & { readonly namespace?: string },
  ): Promise<ObjectList<T>>;
  create<T extends KubeObject>(resource: Resource<T>, object: T): Promise<T>;
  update<T extends KubeObject>(resource: Resource<T>, object: T): Promise<T>;
  updateStatus<T extends KubeObject>(resource: Resource<T>, object: T): Promise<T>;
  patch<T extends KubeObject>(
    resource: Resource<T>,
    key: Key & { readonly subresource?: string },
    patch: Patch,
  ): Promise<T>;
  delete<T extends KubeObject>(
    resource: Resource<T>,
    key: Key,
    options?: DeleteOptions,
  ): Promise<void>;
  /** POST to a subresource: `pods/web/binding`, `pods/web/eviction`. */
  createSubresource<T extends KubeObject>(
    resource: Resource<T>,
    key: Key & { readonly subresource: string },
    object: KubeObject,
  ): Promise<void>;
}
