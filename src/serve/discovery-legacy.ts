import { createHash } from "node:crypto";
import type { Resource, Subresource } from "#api/resource.ts";
import type { ServedGroup, ServedVersion } from "./discovery-groups.ts";

/** `/api`: `address` is what the client reached us by. */
export function apiVersions(address: string): object {
  return {
    kind: "APIVersions",
    versions: ["v1"],
    serverAddressByClientCIDRs: [{ clientCIDR: "0.0.0.0/0", serverAddress: address }],
  };
}

/** `/apis`. */
export function groupList(groups: readonly ServedGroup[]): object {
  const named = groups.filter(({ name }) => name !== "").map(groupOf);
  return { kind: "APIGroupList", apiVersion: "v1", groups: named };
}

/** `/apis/GROUP`. */
export function group(served: ServedGroup): object {
  return { kind: "APIGroup", apiVersion: "v1", ...groupOf(served) };
}

/** `/api/v1` and `/apis/GROUP/VERSION`. */
export function resourceList({ groupVersion, resources }: ServedVersion): object {
  return {
    kind: "APIResourceList",
    ...(groupVersion !== "v1" && { apiVersion: "v1" }),
    groupVersion,
    resources: resources.flatMap((resource) => [
      entryOf(resource),
      ...resource.subresources.map((subresource) => subresourceEntry(resource, subresource)),
    ]),
  };
}

function groupOf({ name, versions }: ServedGroup): object {
  const entries = versions.map(({ groupVersion, version }) => ({ groupVersion, version }));
  return { name, versions: entries, preferredVersion: entries[0] };
}

function entryOf(resource: Resource): object {
  const { plural, singular, namespaced, kind, verbs, shortNames, categories } = resource;
  return {
    name: plural,
    singularName: singular,
    namespaced,
    kind,
    verbs,
    ...(shortNames.length > 0 && { shortNames }),
    ...(categories.length > 0 && { categories }),
    ...(verbs.includes("watch") && { storageVersionHash: storageVersionHash(resource) }),
  };
}

const HASH_BYTES = 8;

/** Stands for the version that a kind is stored in (apiserver/pkg/endpoints/discovery). */
function storageVersionHash(resource: Resource): string {
  const { group, version, kind } = resource.storedAs?.resource ?? resource;
  const digest = createHash("sha256").update(`${group}/${version}/${kind}`).digest();
  return digest.subarray(0, HASH_BYTES).toString("base64");
}

function subresourceEntry(resource: Resource, subresource: Subresource): object {
  const { name, group: own, version, kind, verbs } = subresource;
  const foreign = own !== resource.group || version !== resource.version;
  return {
    name: `${resource.plural}/${name}`,
    singularName: "",
    namespaced: resource.namespaced,
    ...(foreign && own !== "" && { group: own, version }),
    kind,
    verbs,
  };
}
