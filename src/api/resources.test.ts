import { describe, expect, test } from "bun:test";
import { deepFreeze, type KubeObject } from "./object.ts";
import { apiVersionOf, type Resource } from "./resource.ts";
import { RESOURCES } from "./resources.ts";
import { tableOf } from "./table.ts";

const rows: readonly Resource[] = RESOURCES;

test("names are those of Kubernetes", () => {
  expect(
    rows.map((row) => `${apiVersionOf(row)} ${row.plural} ${row.singular} ${row.kind}`),
  ).toEqual([
    "v1 namespaces namespace Namespace",
    "v1 nodes node Node",
    "v1 pods pod Pod",
    "v1 services service Service",
    "v1 endpoints endpoints Endpoints",
    "discovery.k8s.io/v1 endpointslices endpointslice EndpointSlice",
    "v1 configmaps configmap ConfigMap",
    "v1 secrets secret Secret",
    "v1 serviceaccounts serviceaccount ServiceAccount",
    "v1 events event Event",
    "coordination.k8s.io/v1 leases lease Lease",
    "apps/v1 deployments deployment Deployment",
    "apps/v1 replicasets replicaset ReplicaSet",
    "batch/v1 jobs job Job",
  ]);
});

test("definitions are those of the OpenAPI document", () => {
  for (const { definition, kind, version } of rows) {
    expect(definition).toMatch(/^io\.k8s\.api\.[a-z]+\.v1\.[A-Z][A-Za-z]+$/);
    expect(definition).toEndWith(`.${version}.${kind}`);
  }
});

describe.each(rows.map((row): [string, Resource] => [row.kind, row]))("%s", (_, row) => {
  test("that is nothing but a name is judged, never fails", () => {
    const object: KubeObject = { metadata: { name: "x", namespace: "n", uid: "u" } };
    row.setDefaults(object);
    row.prepareForCreate?.(object);
    expect(Array.isArray(row.validate(object))).toBe(true);
  });

  test("rules only read what they are given", () => {
    const object: KubeObject = { metadata: { name: "x", namespace: "n", uid: "u" } };
    row.setDefaults(object);
    row.prepareForCreate?.(object);
    deepFreeze(object);
    row.validate(object);
    row.validateUpdate(object, object);
    expect(row.validateUpdate(structuredClone(object), object)).toEqual([]);
  });

  test("its columns say what they show", () => {
    const options = { version: "v1", includeObject: "None", now: new Date(0) } as const;
    const { columnDefinitions } = tableOf(row, [], options);
    for (const { name, description, type } of columnDefinitions ?? []) {
      expect(`${name}: ${description}`).not.toEndWith(": ");
      expect(["string", "integer"]).toContain(type);
    }
  });
});
