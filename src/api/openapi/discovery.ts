import type { DescribedResource } from "./described-resource.ts";
import { groupName, tagOf, versionName } from "./names.ts";
import { basePath } from "./operations.ts";

/** What a path outside of all resources answers to GET: what is served, and the server's own words. */
export interface Discovery {
  readonly path: string;
  readonly id: string;
  readonly tag: string;
  readonly description: string;
  /** What the server answers with, a media type each. */
  readonly types: readonly string[];
  /** The definition of the answer; absent: text. */
  readonly response?: string;
}

const META = "io.k8s.apimachinery.pkg.apis.meta.v1";
const JSON_TYPE = "application/json";
const OBJECT_TYPES = [JSON_TYPE, "application/vnd.kubernetes.protobuf", "application/yaml"];

const AT_ROOT: readonly Discovery[] = [
  {
    path: "/.well-known/openid-configuration/",
    id: "getServiceAccountIssuerOpenIDConfiguration",
    tag: "WellKnown",
    description:
      "get service account issuer OpenID configuration, also known as the 'OIDC discovery doc'",
    types: [JSON_TYPE],
  },
  {
    path: "/api/",
    id: "getCoreAPIVersions",
    tag: "core",
    description: "get available API versions",
    types: OBJECT_TYPES,
    response: `${META}.APIVersions`,
  },
  {
    path: "/apis/",
    id: "getAPIVersions",
    tag: "apis",
    description: "get available API versions",
    types: OBJECT_TYPES,
    response: `${META}.APIGroupList`,
  },
  {
    path: "/openid/v1/jwks/",
    id: "getServiceAccountIssuerOpenIDKeyset",
    tag: "openid",
    description:
      "get service account issuer OpenID JSON Web Key Set (contains public token verification keys)",
    types: ["application/jwk-set+json"],
  },
  {
    path: "/version/",
    id: "getCodeVersion",
    tag: "version",
    description: "get the version information for this server",
    types: [JSON_TYPE],
    response: "io.k8s.apimachinery.pkg.version.Info",
  },
];

const ofGroup = (group: string): Discovery => ({
  path: `/apis/${group}/`,
  id: `get${groupName(group)}APIGroup`,
  tag: tagOf(groupName(group)),
  description: "get information of a group",
  types: OBJECT_TYPES,
  response: `${META}.APIGroup`,
});

/** Paths that belong to no group version, each with a document of its own; groups of custom kinds have none. */
export function discoveryPaths(resources: readonly DescribedResource[]): readonly Discovery[] {
  const own = resources.filter(({ custom, group }) => custom === undefined && group !== "");
  const groups = new Set(own.map(({ group }) => group));
  return [...AT_ROOT, ...[...groups].map(ofGroup)];
}

/** What a group version says of its resources; custom kinds have no such path in documents. */
export function resourcesPaths(resources: readonly DescribedResource[]): readonly Discovery[] {
  const own = resources.filter(({ custom }) => custom === undefined);
  return [...Map.groupBy(own, basePath)].flatMap(([base, [first]]) => {
    if (first === undefined) return [];
    const name = versionName(first);
    return {
      path: `${base}/`,
      id: `get${name}APIResources`,
      tag: tagOf(name),
      description: "get available resources",
      types: OBJECT_TYPES,
      response: `${META}.APIResourceList`,
    };
  });
}
