import type { DescribedResource } from "./described-resource.ts";
import { type Discovery, discoveryPaths, resourcesPaths } from "./discovery.ts";
import { basePath, type Operation, objectsOf, operationsByPath } from "./operations.ts";
import type { Parameter } from "./parameters.ts";
import { type Definitions, type JsonSchema, ref, schemasReachedFrom, V3 } from "./schemas.ts";

type Content = Readonly<Record<string, { readonly schema: JsonSchema }>>;

const PATCH = "io.k8s.apimachinery.pkg.apis.meta.v1.Patch";
const PATCH_TYPES = [
  "application/apply-patch+yaml",
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
];
const BODY_TYPES = ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"];

const NOT_FOR_CUSTOM: readonly string[] = [
  "application/strategic-merge-patch+json",
  "application/vnd.kubernetes.protobuf",
];

const contentOf = (types: readonly string[], schema: JsonSchema): Content =>
  Object.fromEntries(types.map((type) => [type, { schema }] as const));

function v3Parameter({ name, in: place, type, description }: Parameter) {
  const required = place === "path" && { required: true };
  return { name, in: place, description, ...required, schema: { type, uniqueItems: true } };
}

function requestBody({ body, isCustom }: Operation) {
  if (body === undefined) return {};
  const suits = (type: string): boolean => !isCustom || !NOT_FOR_CUSTOM.includes(type);
  const content =
    body === "patch"
      ? contentOf(PATCH_TYPES.filter(suits), ref(PATCH, V3))
      : contentOf(BODY_TYPES.filter(suits), ref(body.name, V3));
  return { requestBody: { content, ...(body === "patch" && { required: true }) } };
}

const UNAUTHORIZED = { "401": { description: "Unauthorized" } };

const SECURITY = {
  securitySchemes: {
    BearerToken: {
      type: "apiKey",
      description: "Bearer Token authentication",
      name: "authorization",
      in: "header",
    },
  },
};

const HEAD = { openapi: "3.0.0", info: { title: "Kubernetes", version: "unversioned" } };

function v3Discovery({ id, tag, description, types, response }: Discovery) {
  const schema: JsonSchema = response === undefined ? { type: "string" } : ref(response, V3);
  const ok = { description: "OK", content: contentOf(types, schema) };
  return {
    get: { tags: [tag], description, operationId: id, responses: { "200": ok, ...UNAUTHORIZED } },
  };
}

function v3Operation(operation: Operation) {
  const { id, description, tag, parameters, response, action, kind } = operation;
  const content = response
    ? contentOf(["application/json"], ref(response.name, V3))
    : contentOf(["text/plain"], { type: "string" });
  return {
    tags: [tag],
    description,
    operationId: id,
    parameters: parameters.map(v3Parameter),
    ...requestBody(operation),
    responses: {
      "200": { description: "OK", content },
      ...UNAUTHORIZED,
    },
    "x-kubernetes-action": action,
    "x-kubernetes-group-version-kind": kind,
  };
}

/** `api/v1`, `apis/apps/v1`: the name of a group version below `/openapi/v3/`. */
export function openapiV3Path(groupVersion: { group: string; version: string }): string {
  return basePath(groupVersion).slice(1);
}

/** The body of `/openapi/v3`: from each document's path (`openapiV3Path`) to where it is, hash included. */
export function openapiV3Index(urls: Readonly<Record<string, string>>): {
  readonly paths: Readonly<Record<string, { readonly serverRelativeURL: string }>>;
} {
  const paths = Object.entries(urls)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, url]) => [path, { serverRelativeURL: url }] as const);
  return { paths: Object.fromEntries(paths) };
}

/** The OpenAPI v3 document of the resources of one group version: all of it that JSON can say. */
export function openapiV3Document(
  resources: readonly DescribedResource[],
  definitions: Definitions,
): object {
  const operations = operationsByPath(resources);
  const paths = [...operations].map(([path, all]) => {
    const methods = all.map((each) => [each.method, v3Operation(each)] as const);
    return [path, Object.fromEntries(methods)] as const;
  });
  const discovery = resourcesPaths(resources);
  const lists = discovery.map((one) => [one.path, v3Discovery(one)] as const);
  const answers = discovery.flatMap(({ response }) => response ?? []);
  return {
    ...HEAD,
    paths: Object.fromEntries([...lists, ...paths]),
    components: {
      schemas: schemasReachedFrom([...objectsOf(operations.values()), ...answers, PATCH], {
        definitions,
        dialect: V3,
      }),
      ...(discovery.length > 0 && SECURITY),
    },
  };
}

/** What of a server has a document beside those of group versions, by its path below `/openapi/v3/`. */
export function openapiV3Discovery(
  resources: readonly DescribedResource[],
): ReadonlyMap<string, Discovery> {
  return new Map(discoveryPaths(resources).map((one) => [one.path.slice(1, -1), one] as const));
}

/** The OpenAPI v3 document of one path that belongs to no group version. */
export function openapiV3DiscoveryDocument(discovery: Discovery, definitions: Definitions): object {
  const { path, response } = discovery;
  const schemas =
    response === undefined ? {} : schemasReachedFrom([response], { definitions, dialect: V3 });
  return {
    ...HEAD,
    paths: { [path]: v3Discovery(discovery) },
    components: { schemas, ...SECURITY },
  };
}
