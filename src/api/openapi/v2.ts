import type { DescribedResource } from "./described-resource.ts";
import { type Discovery, discoveryPaths, resourcesPaths } from "./discovery.ts";
import { type ForeignPart, withForeign } from "./foreign.ts";
import { encodeGnostic } from "./gnostic.ts";
import { type Operation, objectsOf, operationsByPath } from "./operations.ts";
import { type Definitions, type JsonSchema, ref, schemasReachedFrom, V2 } from "./schemas.ts";
import type { V2BodyParameter, V2Document, V2Operation } from "./v2-document.ts";

const PRODUCES = ["application/json"];
const STRATEGIC = "application/strategic-merge-patch+json";
const PATCHES = [
  "application/json-patch+json",
  "application/merge-patch+json",
  STRATEGIC,
  "application/apply-patch+yaml",
];

function bodyParameter({ body, method }: Operation): V2BodyParameter[] {
  if (body === undefined) return [];
  const schema: JsonSchema = body === "patch" ? { type: "object" } : ref(body.name, V2);
  return [{ name: "body", in: "body", required: method !== "delete", schema }];
}

function v2Operation(operation: Operation): V2Operation {
  const { id, description, tag, parameters, body, response, action, kind, isCustom } = operation;
  const schema: JsonSchema = response ? ref(response.name, V2) : { type: "string" };
  return {
    operationId: id,
    description,
    tags: [tag],
    consumes:
      body === "patch" ? PATCHES.filter((type) => !isCustom || type !== STRATEGIC) : ["*/*"],
    produces: PRODUCES,
    parameters: [
      ...bodyParameter(operation),
      ...parameters.map((each) => ({ ...each, required: each.in === "path" })),
    ],
    responses: {
      "200": { description: "OK", schema },
      "401": { description: "Unauthorized" },
    },
    "x-kubernetes-action": action,
    "x-kubernetes-group-version-kind": kind,
  };
}

function v2Discovery({ id, tag, description, types, response }: Discovery): V2Operation {
  const schema: JsonSchema = response === undefined ? { type: "string" } : ref(response, V2);
  return {
    operationId: id,
    description,
    tags: [tag],
    consumes: response === undefined ? [] : types,
    produces: types,
    parameters: [],
    responses: {
      "200": { description: "OK", schema },
      "401": { description: "Unauthorized" },
    },
  };
}

/** The OpenAPI v2 document (`/openapi/v2` as JSON) of the resources. */
export function openapiV2Json(
  resources: readonly DescribedResource[],
  definitions: Definitions,
  foreign: readonly ForeignPart[] = [],
): V2Document {
  const operations = operationsByPath(resources);
  const paths = [...operations].map(([path, all]) => {
    const methods = all.map((each) => [each.method, v2Operation(each)] as const);
    return [path, Object.fromEntries(methods)] as const;
  });
  const discovery = [...discoveryPaths(resources), ...resourcesPaths(resources)];
  const byPath = (one: Discovery) => [one.path, { get: v2Discovery(one) }] as const;
  const answers = discovery.flatMap(({ response }) => response ?? []);
  const own: V2Document = {
    swagger: "2.0",
    info: { title: "Kubernetes", version: "unversioned" },
    paths: Object.fromEntries([...discovery.map(byPath), ...paths]),
    definitions: schemasReachedFrom([...objectsOf(operations.values()), ...answers], {
      definitions,
      dialect: V2,
    }),
  };
  return withForeign(own, foreign);
}

/** The same document as gnostic's `openapi.v2.Document`, the only form that kubectl reads. */
export function openapiV2Protobuf(
  resources: readonly DescribedResource[],
  definitions: Definitions,
  foreign: readonly ForeignPart[] = [],
): Uint8Array<ArrayBuffer> {
  return encodeGnostic(openapiV2Json(resources, definitions, foreign));
}
