import type { CustomKind } from "#api/crd/custom-kind.ts";
import type { GroupVersionKind, Subresource } from "#api/resource.ts";
import type { NamedTarget } from "#api/verbs.ts";
import { must } from "#lib/errors.ts";
import type { Call } from "../call.ts";

/** The object that a request names. */
export function namedTarget({ path }: Call): NamedTarget {
  const { resource, namespace, subresource } = path;
  const name = must(path.name, "a request that names an object");
  return { resource, namespace, name, ...(subresource !== undefined && { subresource }) };
}

/** The custom kind of the bodies that a request's path takes; none where they are of a built-in one. */
export function customBody({ path: { resource, subresource } }: Call): CustomKind | undefined {
  return subresource === "scale" ? undefined : resource.custom;
}

/** The kind of the bodies that a request's path takes. */
export function bodyKind({ path }: Call): GroupVersionKind & Pick<Subresource, "olderVersions"> {
  const { resource, subresource } = path;
  return resource.subresources.find(({ name }) => name === subresource) ?? resource;
}
