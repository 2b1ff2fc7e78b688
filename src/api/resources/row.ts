import { PLAIN_COLUMNS } from "../columns/core.ts";
import type * as objects from "../object.ts";
import type { Resource, Subresource, Verb } from "../resource.ts";

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
