import { PLAIN_COLUMNS } from "../columns/core.ts";
import type * as objects from "../object.ts";
import type { Column, FieldReader, Resource, StoredAs, Subresource, Verb } from "../resource.ts";

const ALL_VERBS: readonly Verb[] = [
  "create",
  "delete",
  "deletecollection",
  "get",
  "list",
  "patch",
  "update",
  "watch",
];

/** What of metadata somebody decides, where a status changes nothing of it (apimachinery `ResetObjectMetaForStatus`). */
export const OWN_METADATA: readonly (keyof objects.ObjectMeta)[] = [
  "labels",
  "annotations",
  "finalizers",
  "ownerReferences",
];

type Identity = "group" | "version" | "kind" | "plural" | "namespaced" | "definition";

/** A row of the resource table; what is not given is what most kinds have. */
export function row<T extends objects.KubeObject>(
  given: Pick<Resource<T>, Identity> & Partial<Resource<T>>,
): Resource<T> {
  return {
    singular: given.kind.toLowerCase(),
    shortNames: [],
    categories: [],
    verbs: ALL_VERBS,
    subresources: [],
    hasGeneration: false,
    columns: PLAIN_COLUMNS,
    fields: {},
    setDefaults: () => undefined,
    validate: () => [],
    validateUpdate: () => [],
    ...given,
  };
}

/** A subresource that hands HTTP requests of any method on to what the object stands for. */
export function proxyOf(kind: string): Subresource {
  const verbs: readonly Verb[] = ["create", "delete", "get", "patch", "update"];
  return { name: "proxy", group: "", version: "v1", kind: `${kind}ProxyOptions`, verbs };
}

type OtherForm<T extends objects.KubeObject> = Pick<Resource<T>, "version" | "definition"> &
  Partial<Resource<T>> &
  Pick<StoredAs<T>, "toStored" | "fromStored">;

/**
 * A row of a kind that is stored as another: what is not given is that row's own, its columns and
 * selectable fields read through `toStored`.
 */
export function convertedRow<T extends objects.KubeObject>(
  stored: Resource,
  { toStored, fromStored, ...given }: OtherForm<T>,
): Resource<T> {
  const { group = stored.group, version } = given;
  const { rowConditions, plural, namespaced, verbs, shortNames, categories } = stored;
  return {
    ...row<T>({ kind: stored.kind, plural, namespaced, group, ...given }),
    verbs,
    shortNames,
    categories,
    subresources: stored.subresources.map((one) =>
      one.kind === stored.kind ? { ...one, group, version } : one,
    ),
    hasGeneration: stored.hasGeneration,
    columns: stored.columns.map(
      (column): Column<T> => ({
        ...column,
        cell: (object, now) => column.cell(toStored(object), now),
      }),
    ),
    fields: Object.fromEntries(
      Object.entries(stored.fields).map(([name, read]): [string, FieldReader<T>] => [
        name,
        (object) => read(toStored(object)),
      ]),
    ),
    ...(rowConditions && { rowConditions: (object: T) => rowConditions(toStored(object)) }),
    storedAs: { resource: stored, toStored, fromStored },
    ...given,
  };
}

/** A new object has no status yet, whatever its sender says: the `prepareForCreate` of many kinds. */
export function emptyStatus(object: { status?: object }): void {
  object.status = {};
}

/** The `status` subresource of a kind of version v1. */
export function statusOf({ kind, group }: { kind: string; group: string }): Subresource {
  return { name: "status", group, version: "v1", kind, verbs: ["get", "patch", "update"] };
}

/** The `scale` subresource of a workload. */
export const SCALE: Subresource = {
  name: "scale",
  group: "autoscaling",
  version: "v1",
  kind: "Scale",
  verbs: ["get", "patch", "update"],
};
