import { apiVersionOf, type Resource } from "#api/resource.ts";
import { compareVersions } from "#api/version-order.ts";

/** A group and its versions, the preferred one first. */
export interface ServedGroup {
  readonly name: string;
  readonly versions: readonly ServedVersion[];
}

export interface ServedVersion {
  readonly version: string;
  readonly groupVersion: string;
  /** By plural name. */
  readonly resources: readonly Resource[];
}

/** The groups of the table in the order of their rows, each with its preferred version first. */
export function groupsOf(resources: readonly Resource[]): readonly ServedGroup[] {
  const groups = new Map<string, Map<string, Resource[]>>();
  for (const resource of resources) {
    const versions = groups.get(resource.group) ?? new Map<string, Resource[]>();
    groups.set(resource.group, versions);
    versions.set(resource.version, [...(versions.get(resource.version) ?? []), resource]);
  }
  return [...groups].map(([name, versions]) => ({
    name,
    versions: [...versions]
      .toSorted(([a], [b]) => compareVersions(a, b))
      .map(([version, rows]) => ({
        version,
        groupVersion: apiVersionOf({ group: name, version }),
        resources: rows.toSorted((a, b) => (a.plural < b.plural ? -1 : 1)),
      })),
  }));
}
