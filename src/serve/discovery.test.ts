import { expect, test } from "bun:test";
import { LiveCatalog } from "#api/catalog.ts";
import { row } from "#api/resources/row.ts";
import { NAMESPACES, PODS, RESOURCES } from "#api/resources.ts";
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
    discovery.at(path)?.(new Request(`http://edgesite${path}`, { headers: { accept } }));
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

test("groups come in the order of kube-aggregator", async () => {
  const catalog = new LiveCatalog(RESOURCES);
  catalog.set("widgets.example.com", [widgets("v1")]);
  const request = new Request("http://edgesite/apis");
  const answer = new Discovery(catalog, ALONE).at("/apis")?.(request);
  const { groups }: { groups: { name: string }[] } = JSON.parse((await answer?.text()) ?? "");
  expect(groups.map(({ name }) => name)).toEqual([
    "apiregistration.k8s.io",
    "apps",
    "events.k8s.io",
    "authentication.k8s.io",
    "authorization.k8s.io",
    "autoscaling",
    "batch",
    "certificates.k8s.io",
    "networking.k8s.io",
    "policy",
    "rbac.authorization.k8s.io",
    "storage.k8s.io",
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "scheduling.k8s.io",
    "coordination.k8s.io",
    "node.k8s.io",
    "discovery.k8s.io",
    "flowcontrol.apiserver.k8s.io",
    "example.com",
  ]);
});

test.each([
  ["/api/v1", "pods", "xPOwRZ+Yhw8="],
  ["/api/v1", "componentstatuses", undefined],
  ["/apis/apps/v1", "deployments", "8aSe+NMegvE="],
  ["/apis/events.k8s.io/v1", "events", "r2yiGXH7wu8="],
  ["/apis/autoscaling/v1", "horizontalpodautoscalers", "qwQve8ut294="],
])("%s has the storage version of %s as Kubernetes writes it", async (path, plural, hash) => {
  const discovery = new Discovery(new LiveCatalog(RESOURCES), ALONE);
  const answer = discovery.at(path)?.(new Request(`http://edgesite${path}`));
  const { resources }: { resources: { name: string; storageVersionHash?: string }[] } = JSON.parse(
    (await answer?.text()) ?? "",
  );
  expect(resources.find(({ name }) => name === plural)?.storageVersionHash).toBe(hash);
});
