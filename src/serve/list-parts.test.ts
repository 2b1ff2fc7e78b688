import { describe, expect, test } from "bun:test";
import { Item } from "#api/item.ts";
import type { KubeObject, ServiceAccount } from "#api/object.ts";
import { FLOW_SCHEMAS, PODS, SERVICE_ACCOUNTS } from "#api/resources.ts";
import { type Table, tableOf } from "#api/table.ts";
import { metadataListParts, objectListParts, tableParts } from "./list-parts.ts";

const now = new Date("2024-01-01T01:00:00Z");
const account = (name: string): ServiceAccount => ({
  apiVersion: "v1",
  kind: "ServiceAccount",
  secrets: [{ name: "{}" }],
  metadata: { name, labels: { metadata: "é" }, creationTimestamp: "2024-01-01T00:55:00Z" },
});
const metadata = { resourceVersion: "9" };
const lists = [0, 1, 3].map((count) => {
  const objects = Array.from({ length: count }, (_, index) => account(`a${index}`));
  return { objects, items: objects.map((object) => new Item(object)) };
});
const parsed = (parts: Iterable<Uint8Array>): unknown =>
  JSON.parse(Buffer.concat([...parts]).toString());

describe.each(lists)("a list of $objects.length", ({ objects, items }) => {
  test("of whole objects", () => {
    expect(parsed(objectListParts(SERVICE_ACCOUNTS, { metadata, items }))).toEqual({
      kind: "ServiceAccountList",
      apiVersion: "v1",
      metadata,
      items: objects.map(({ apiVersion: _version, kind: _kind, ...rest }) => rest),
    });
  });

  test.each(["v1", "v1beta1"] as const)("of metadata, %s", (version) => {
    const apiVersion = `meta.k8s.io/${version}`;
    expect(parsed(metadataListParts({ metadata, items }, version))).toEqual({
      kind: "PartialObjectMetadataList",
      apiVersion,
      metadata,
      items: objects.map((object) => ({
        kind: "PartialObjectMetadata",
        apiVersion,
        metadata: object.metadata,
      })),
    });
  });

  test.each(["None", "Metadata", "Object"] as const)("as a table with %s", (includeObject) => {
    const form = { version: "v1", includeObject, now } as const;
    expect(parsed(tableParts(SERVICE_ACCOUNTS, { metadata, items }, form))).toEqual(
      JSON.parse(JSON.stringify(tableOf(SERVICE_ACCOUNTS, objects, { ...form, metadata }))),
    );
  });
});

test("items say nothing of their kind, wherever it stands", () => {
  const item = new Item({ metadata: { name: "a" }, kind: "ServiceAccount", apiVersion: "v1" });
  const list = parsed(objectListParts(SERVICE_ACCOUNTS, { metadata, items: [item, item] }));
  expect(list).toHaveProperty("items", [{ metadata: { name: "a" } }, { metadata: { name: "a" } }]);
});

test("a row has its conditions", () => {
  const pod = { metadata: { name: "done" }, status: { phase: "Succeeded" } };
  const form = { version: "v1", includeObject: "None", now } as const;
  const table = parsed(tableParts(PODS, { metadata, items: [new Item(pod)] }, form));
  expect(table).toMatchObject({ rows: [{ conditions: [{ type: "Completed" }], object: null }] });
});

test("rows of flow schemas are in the order in which those are tried", () => {
  const schemas = [
    ["a", 900],
    ["c", 10],
    ["b", 900],
    ["d", 10],
  ].map(([name, matchingPrecedence]) => ({
    metadata: { name },
    spec: { matchingPrecedence, priorityLevelConfiguration: {} },
  }));
  const items = schemas.map((schema) => new Item(schema as KubeObject));
  const form = { version: "v1", includeObject: "Metadata", now } as const;
  const { rows } = parsed(tableParts(FLOW_SCHEMAS, { metadata, items }, form)) as Table;
  expect(rows.map(({ object }) => object?.metadata?.name)).toEqual(["c", "d", "a", "b"]);
});
