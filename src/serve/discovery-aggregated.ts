import type { GroupVersionKind, Resource } from "#api/resource.ts";
import type { ServedGroup, ServedVersion } from "./discovery-groups.ts";

export type DiscoveryVersion = "v2" | "v2beta1";

/** `/api` and `/apis` of clients that read everything at once (`apidiscovery.k8s.io`). */
export function groupDiscoveryList(
  groups: readonly ServedGroup[],
  version: DiscoveryVersion,
): object {
  return {
    kind: "APIGroupDiscoveryList",
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: groups.map(({ name, versions }) => ({
      metadata: name === "" ? {} : { name },
      versions: versions.map(versionOf),
    })),
  };
}

function versionOf({ version, resources, remote }: ServedVersion): object {
  if (remote !== undefined) {
    const freshness = remote.isCurrent ? "Current" : "Stale";
    return { version, freshness, resources: remote.resources };
  }
  return { version, freshness: "Current", resources: resources.map(resourceOf) };
}

function resourceOf(resource: Resource): object {
  const { plural, singular, namespaced, verbs, shortNames, categories, subresources } = resource;
  return {
    resource: plural,
    responseKind: kindOf(resource),
    scope: namespaced ? "Namespaced" : "Cluster",
    singularResource: singular,
    verbs,
    ...(shortNames.length > 0 && { shortNames }),
    ...(categories.length > 0 && { categories }),
    ...(subresources.length > 0 && {
      subresources: subresources.map((subresource) => ({
        subresource: subresource.name,
        responseKind: kindOf(subresource),
        verbs: subresource.verbs,
      })),
    }),
  };
}

function kindOf({ group, version, kind }: GroupVersionKind): object {
  return { group, version, kind };
}
