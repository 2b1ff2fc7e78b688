import type { Item } from "#api/item.ts";
import { type KubeObject, nameOf, namespaceOf } from "#api/object.ts";
import type { Resource } from "#api/resource.ts";
import type { DeleteOptions, ListOptions, Patch, Verbs } from "#api/verbs.ts";

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
  /** PUT to a subresource other than `status`: `namespaces/x/finalize`. */
  updateSubresource<T extends KubeObject>(
    resource: Resource<T>,
    object: T,
    subresource: string,
  ): Promise<T>;
  patch<T extends KubeObject>(
    resource: Resource<T>,
    key: Key & { readonly subresource?: string },
    patch: Patch,
  ): Promise<T>;
  /** Server-side apply as one field manager, which takes over what others own. */
  apply<T extends KubeObject>(
    resource: Resource<T>,
    key: Key & { readonly subresource?: string },
    applied: { readonly manager: string; readonly body: KubeObject },
  ): Promise<T>;
  delete<T extends KubeObject>(
    resource: Resource<T>,
    key: Key,
    options?: DeleteOptions,
  ): Promise<void>;
  /** Deletes all that the selectors of `options` match. */
  deleteCollection<T extends KubeObject>(
    resource: Resource<T>,
    options: DeleteOptions & ListOptions & { readonly namespace: string },
  ): Promise<void>;
  /** POST to a subresource: `pods/web/binding`, `serviceaccounts/robot/token`. Answers what comes back. */
  createSubresource<T extends KubeObject>(
    resource: Resource<T>,
    key: Key & { readonly subresource: string },
    object: KubeObject,
  ): Promise<KubeObject>;
}

/** Dresses the verbs of one user as a `Client`. */
export function createClient({ verbs }: { readonly verbs: Verbs }): Client {
  const named = <T extends KubeObject>(resource: Resource<T>, object: T, subresource?: string) => ({
    resource,
    namespace: namespaceOf(object),
    name: nameOf(object),
    ...(subresource !== undefined && { subresource }),
  });
  return {
    get: async (resource, key) => (await verbs.get({ resource, ...key })).value,
    async list(resource, { namespace = "", ...options } = {}) {
      const { items, resourceVersion } = await verbs.list({ resource, namespace }, options);
      return { items: items.map(({ value }) => value), resourceVersion };
    },
    create: async (resource, object) =>
      typed(resource, await verbs.create({ resource, namespace: namespaceOf(object) }, object)),
    update: async (resource, object) =>
      typed(resource, await verbs.update(named(resource, object), object)),
    updateStatus: async (resource, object) =>
      typed(resource, await verbs.update(named(resource, object, "status"), object)),
    updateSubresource: async (resource, object, subresource) =>
      typed(resource, await verbs.update(named(resource, object, subresource), object)),
    patch: async (resource, key, patch) =>
      typed(resource, await verbs.patch({ resource, ...key }, patch)),
    async apply(resource, key, { manager, body }) {
      const patch = { type: "apply", force: true, body } as const;
      const options = { fieldManager: manager };
      return typed(resource, await verbs.patch({ resource, ...key }, patch, options));
    },
    async delete(resource, key, options) {
      await verbs.delete({ resource, ...key }, options);
    },
    async deleteCollection(resource, { namespace, ...options }) {
      await verbs.deleteCollection({ resource, namespace }, options);
    },
    async createSubresource(resource, key, object) {
      return (await verbs.create({ resource, ...key }, object)).value;
    },
  };
}

/** A write answers with the kind that was written; `Verbs` leaves it open for subresources. */
function typed<T extends KubeObject>(_resource: Resource<T>, { value }: Item): T {
  return value as T;
}
