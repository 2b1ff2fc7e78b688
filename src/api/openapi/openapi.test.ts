import { describe, expect, test } from "bun:test";
import type { Resource } from "../resource.ts";
import { RESOURCES } from "../resources.ts";
import { readDefinitions } from "./definitions.ts";
import { type JsonSchema, shown, V2, V3 } from "./schemas.ts";
import { openapiV2Json, openapiV2Protobuf } from "./v2.ts";
import {
  openapiV3Discovery,
  openapiV3DiscoveryDocument,
  openapiV3Document,
  openapiV3Index,
  openapiV3Path,
} from "./v3.ts";

/** Every `$ref` anywhere in a document. */
function refsIn(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) =>
    key === "$ref" && typeof child === "string" ? [child] : refsIn(child),
  );
}

const DEFINITIONS = readDefinitions();

const rows: readonly Resource[] = RESOURCES;

const groupVersions = [
  ...new Map(
    RESOURCES.map(({ group, version }) => [`${group}/${version}`, { group, version }] as const),
  ).values(),
];

const rowsOf = ({ group, version }: { group: string; version: string }): readonly Resource[] =>
  rows.filter((row) => row.group === group && row.version === version);

type Golden = Readonly<Record<string, { readonly v2: JsonSchema; readonly v3: JsonSchema }>>;

const golden: Golden = await Bun.file(`${import.meta.dir}/definitions.golden.json`).json();

test.each(Object.entries(golden))("%s is what Kubernetes publishes", (name, { v2, v3 }) => {
  const definition = DEFINITIONS[name] ?? {};
  expect(shown(definition, V2)).toEqual(v2);
  expect(shown(definition, V3)).toEqual(v3);
});

describe("OpenAPI v2", () => {
  const document = openapiV2Json(RESOURCES, DEFINITIONS);

  test("has every definition that it refers to", () => {
    const names = new Set(Object.keys(document.definitions).map((name) => `#/definitions/${name}`));
    expect(refsIn(document).filter((ref) => !names.has(ref))).toEqual([]);
  });

  test("names the kind of each row, at its definition and at its operations", () => {
    for (const { definition, group, version, kind } of RESOURCES)
      expect(document.definitions[definition]).toMatchObject({
        "x-kubernetes-group-version-kind": [{ group, version, kind }],
      });
    expect(document.paths["/apis/apps/v1/namespaces/{namespace}/deployments/{name}"]).toMatchObject(
      {
        patch: {
          operationId: "patchAppsV1NamespacedDeployment",
          tags: ["apps_v1"],
          "x-kubernetes-action": "patch",
          "x-kubernetes-group-version-kind": { group: "apps", version: "v1", kind: "Deployment" },
        },
      },
    );
  });

  test("carries what kubectl merges, validates and explains by", () => {
    const spec = document.definitions["io.k8s.api.core.v1.PodSpec"];
    expect(spec?.required).toEqual(["containers"]);
    expect(spec?.properties?.["containers"]).toMatchObject({
      type: "array",
      items: { $ref: "#/definitions/io.k8s.api.core.v1.Container" },
      "x-kubernetes-patch-merge-key": "name",
      "x-kubernetes-patch-strategy": "merge",
    });
    expect(spec?.properties?.["affinity"]?.description).not.toBe("");
  });

  test("has an id of its own for every operation", () => {
    const ids = Object.values(document.paths).flatMap((methods) =>
      Object.values(methods).map((operation) => operation?.operationId),
    );
    expect(new Set(ids).size).toBe(ids.length);
  });

  test("is written as a gnostic document", () => {
    const bytes = openapiV2Protobuf(RESOURCES, DEFINITIONS);
    expect([...bytes.subarray(0, 5)]).toEqual([0x0a, 3, ...new TextEncoder().encode("2.0")]);
    const text = new TextDecoder().decode(bytes);
    for (const part of [
      "io.k8s.api.core.v1.PodSpec",
      "x-kubernetes-patch-merge-key",
      '"ClientIP"\n',
    ])
      expect(text).toContain(part);
  });
});

describe("OpenAPI v3", () => {
  test.each(groupVersions.map((each) => [openapiV3Path(each), each] as const))(
    "%s has every schema that it refers to",
    (_, groupVersion) => {
      const document = openapiV3Document(rowsOf(groupVersion), DEFINITIONS);
      const text = JSON.stringify(document);
      for (const ref of new Set(refsIn(document)))
        expect(text).toContain(`"${ref.replace("#/components/schemas/", "")}":{`);
    },
  );

  test("a PATCH says what kubectl looks for before it applies, validates and dry-runs", () => {
    const document = openapiV3Document(rowsOf({ group: "apps", version: "v1" }), DEFINITIONS);
    expect(document).toMatchObject({
      paths: {
        "/apis/apps/v1/namespaces/{namespace}/deployments/{name}": {
          patch: {
            requestBody: {
              content: {
                "application/apply-patch+yaml": {},
                "application/json-patch+json": {},
                "application/merge-patch+json": {},
                "application/strategic-merge-patch+json": {},
              },
            },
            "x-kubernetes-group-version-kind": { group: "apps", version: "v1", kind: "Deployment" },
          },
        },
      },
    });
    for (const name of ["dryRun", "fieldManager", "fieldValidation", "force"])
      expect(JSON.stringify(document)).toContain(`{"name":"${name}","in":"query"`);
  });

  test("what belongs to no group version has documents of its own, groups of custom kinds none", () => {
    const custom = { ...rowsOf({ group: "apps", version: "v1" })[0], group: "example.com" };
    const found = openapiV3Discovery([...RESOURCES, { ...custom, custom: {} } as never]);
    expect([...found.keys()].slice(0, 6)).toEqual([
      ".well-known/openid-configuration",
      "api",
      "apis",
      "openid/v1/jwks",
      "version",
      "apis/discovery.k8s.io",
    ]);
    expect(found.has("apis/example.com")).toBe(false);
    const rbac = found.get("apis/rbac.authorization.k8s.io");
    expect(rbac && openapiV3DiscoveryDocument(rbac, DEFINITIONS)).toMatchObject({
      paths: {
        "/apis/rbac.authorization.k8s.io/": {
          get: {
            tags: ["rbacAuthorization"],
            description: "get information of a group",
            operationId: "getRbacAuthorizationAPIGroup",
            responses: {
              "200": {
                content: {
                  "application/yaml": {
                    schema: {
                      $ref: "#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.APIGroup",
                    },
                  },
                },
              },
              "401": { description: "Unauthorized" },
            },
          },
        },
      },
      components: {
        schemas: { "io.k8s.apimachinery.pkg.apis.meta.v1.GroupVersionForDiscovery": {} },
        securitySchemes: { BearerToken: { type: "apiKey", in: "header", name: "authorization" } },
      },
    });
  });

  test("a group version says where its resources are listed", () => {
    const get = { tags: ["apps_v1"], operationId: "getAppsV1APIResources" };
    const paths = { "/apis/apps/v1/": { get } };
    const rows = rowsOf({ group: "apps", version: "v1" });
    expect(openapiV3Document(rows, DEFINITIONS)).toMatchObject({ paths });
    expect(openapiV2Json(rows, DEFINITIONS)).toMatchObject({ paths });
  });

  test("the index leads to each document by its hash", () => {
    expect(openapiV3Index({ "apis/apps/v1": "/openapi/v3/apis/apps/v1?hash=AB12" })).toEqual({
      paths: { "apis/apps/v1": { serverRelativeURL: "/openapi/v3/apis/apps/v1?hash=AB12" } },
    });
    expect(openapiV3Path({ group: "", version: "v1" })).toBe("api/v1");
  });
});
