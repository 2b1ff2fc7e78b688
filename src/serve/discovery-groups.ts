import { priorityOf } from "#api/group-priority.ts";
import { apiVersionOf, type Resource } from "#api/resource.ts";
import { compareVersions } from "#api/version-order.ts";
import type { RemoteVersion } from "./aggregation.ts";

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
  /** Where another server serves it, and says what it has. */
  readonly remote?: RemoteVersion;
}

/**
 * The groups as kube-aggregator lists them: by the priorities of their APIServices, its own first,
 * each with its preferred version first. What another server serves is not served here.
 */
export function groupsOf(
  resources: readonly Resource[],
  remote: readonly RemoteVersion[] = [],
): readonly ServedGroup[] {
  const groups = new Map<string, Map<string, Resource[]>>();
  for (const resource of resources) {
    const versions = groups.get(resource.group) ?? new Map<string, Resource[]>();
    groups.set(resource.group, versions);
    versions.set(resource.version, [...(versions.get(resource.version) ?? []), resource]);
  }
  for (const { group, version } of remote) {
    groups.set(group, (groups.get(group) ?? new Map<string, Resource[]>()).set(version, []));
  }
  const found = [...groups].map(([name, versions]) => ({
    name,
    versions: [...versions]
      .map(([version, rows]) => {
        const other = remote.find((one) => one.group === name && one.version === version);
        return {
          version,
          groupVersion: apiVersionOf({ group: name, version }),
          resources: rows.toSorted((a, b) => (a.plural < b.plural ? -1 : 1)),
          ...(other && { remote: other }),
        };
      })
      .toSorted(preferred),
  }));
  return found.toSorted(byPriority);
}

/** Publishes the other groups, and is no APIService's. */
const AGGREGATOR = "apiregistration.k8s.io";

function byPriority(a: ServedGroup, b: ServedGroup): number {
  const [high, low] = [groupPriority(a), groupPriority(b)];
  if (high !== low) return low - high;
  return serviceName(a) < serviceName(b) ? -1 : 1;
}

function groupPriority({ name, versions }: ServedGroup): number {
  if (name === AGGREGATOR) return Number.POSITIVE_INFINITY;
  return Math.max(
    ...versions.map(({ version, remote }) =>
      remote ? remote.groupPriority : priorityOf({ group: name, version }).group,
    ),
  );
}

const serviceName = ({ name, versions }: ServedGroup): string => `${versions[0]?.version}.${name}`;

function preferred(a: ServedVersion, b: ServedVersion): number {
  const byPriority = (b.remote?.versionPriority ?? 0) - (a.remote?.versionPriority ?? 0);
  return a.remote && b.remote && byPriority !== 0
    ? byPriority
    : compareVersions(a.version, b.version);
}
