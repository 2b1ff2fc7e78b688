import type { DescribedResource } from "./described-resource.ts";
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
      "401": { description: "Unauthorized" },
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
  const paths = Object.entries(urls).map(
    ([path, url]) => [path, { serverRelativeURL: url }] as const,
  );
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
  return {
    openapi: "3.0.0",
    info: { title: "Kubernetes", version: "unversioned" },
    paths: Object.fromEntries(paths),
    components: {
      schemas: schemasReachedFrom([...objectsOf(operations.values()), PATCH], {
        definitions,
        dialect: V3,
      }),
    },
  };
}
