import { expect, test } from "bun:test";
import { LiveCatalog } from "#api/catalog.ts";
import { row } from "#api/resources/row.ts";
import { NAMESPACES, PODS } from "#api/resources.ts";
import { ALONE } from "./aggregation.ts";
import { Discovery } from "./discovery.ts";

const AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

const widgets = (version: string) =>
  row({
    group: "example.com",
    version,
    kind: "Widget",
    plural: "widgets",
    namespaced: true,
    definition: `com.example.${version}.Widget`,
  });

test("a kind is in both discoveries the moment it is served, under a new ETag", async () => {
  const catalog = new LiveCatalog([NAMESPACES, PODS]);
  const discovery = new Discovery(catalog, ALONE);
  const ask = (path: string, accept = "application/json"): Response | undefined =>
    discovery.answer(new Request(`http://edgesite${path}`, { headers: { accept } }), path);
  const before = ask("/apis", AGGREGATED)?.headers.get("etag");
  expect(ask("/apis/example.com/v1")).toBeUndefined();

  catalog.set("widgets.example.com", [widgets("v1beta1"), widgets("v1")]);
  const after = ask("/apis", AGGREGATED);
  expect(after?.headers.get("etag")).not.toBe(before);
  expect(await after?.json()).toMatchObject({
    items: [
      { metadata: { name: "example.com" }, versions: [{ version: "v1" }, { version: "v1beta1" }] },
    ],
  });
  expect(await ask("/apis/example.com/v1")?.json()).toMatchObject({
    resources: [{ name: "widgets" }],
  });
  expect(await ask("/apis")?.json()).toMatchObject({
    groups: [{ name: "example.com", preferredVersion: { version: "v1" } }],
  });
  expect(discovery.paths).toContain("/apis/example.com");

  catalog.set("widgets.example.com", []);
  expect(ask("/apis", AGGREGATED)?.headers.get("etag")).toBe(before);
});
