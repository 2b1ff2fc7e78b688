import type { GroupVersionKind } from "#api/resource.ts";
import type { NamedTarget } from "#api/verbs.ts";
import { must } from "#lib/errors.ts";
import type { Call } from "../call.ts";

/** The object that a request names. */
export function namedTarget({ path }: Call): NamedTarget {
  const { resource, namespace, subresource } = path;
  const name = must(path.name, "a request that names an object");
  return { resource, namespace, name, ...(subresource !== undefined && { subresource }) };
}

/** The kind of the bodies that a request's path takes. */
export function bodyKind({ path }: Call): GroupVersionKind {
  const { resource, subresource } = path;
  return resource.subresources.find(({ name }) => name === subresource) ?? resource;
}
