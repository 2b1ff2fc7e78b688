import { expect, test } from "bun:test";
import { type CatalogChange, LiveCatalog } from "./catalog.ts";
import type { Resource } from "./resource.ts";
import { row } from "./resources/row.ts";
import { PODS, RESOURCES } from "./resources.ts";
import { compareVersions } from "./version-order.ts";

const widgets = (version: string): Resource =>
  row({
    group: "example.com",
    version,
    kind: "Widget",
    plural: "widgets",
    namespaced: true,
    definition: `com.example.${version}.Widget`,
  });

test("custom rows come and go, and everybody is told what changed", () => {
  const catalog = new LiveCatalog(RESOURCES);
  const changes: CatalogChange[] = [];
  const stop = catalog.onChange((change) => changes.push(change));
  const before = catalog.resources;
  const first = widgets("v1");
  catalog.set("widgets.example.com", [first]);
  expect(catalog.resources).not.toBe(before);
  expect(catalog.serves("example.com", "v1")).toBe(true);
  expect(catalog.find(first)).toBe(first);

  const second = [widgets("v2"), widgets("v1")];
  catalog.set("widgets.example.com", second);
  expect(catalog.resources.slice(-2)).toEqual(second);
  catalog.set("widgets.example.com", []);
  catalog.set("never.example.com", []);
  expect(catalog.serves("example.com", "v1")).toBe(false);
  expect(changes).toEqual([
    { added: [first], removed: [] },
    { added: second, removed: [first] },
    { added: [], removed: second },
  ]);
  stop();
  catalog.set("widgets.example.com", [first]);
  expect(changes).toHaveLength(3);
});

test("an old row of a custom kind leads to the present one, until there is none", () => {
  const catalog = new LiveCatalog(RESOURCES);
  const [old, next] = [widgets("v1"), widgets("v1")];
  catalog.set("widgets.example.com", [old]);
  const served = catalog.whileServed(old);
  expect(served?.aborted).toBe(false);
  catalog.set("widgets.example.com", [next]);
  expect(served?.aborted).toBe(true);
  expect(catalog.current(old)).toBe(next);
  catalog.set("widgets.example.com", []);
  expect(catalog.current(old)).toBeUndefined();
  expect(catalog.current(PODS)).toBe(PODS);
  expect(catalog.whileServed(PODS)).toBeUndefined();
});

test("versions stand in the order in which Kubernetes prefers them", () => {
  const ordered = ["v10", "v2", "v1", "v11beta2", "v10beta3", "v3beta1", "v12alpha1", "foo1", "v0"];
  expect(ordered.toReversed().toSorted(compareVersions)).toEqual(ordered);
});
