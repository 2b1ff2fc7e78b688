import { afterEach, beforeEach, expect, test } from "bun:test";
import { type KubeObject, nameOf } from "#api/object.ts";
import { row } from "#api/resources/row.ts";
import { CONFIG_MAPS, CUSTOM_RESOURCE_DEFINITIONS, NAMESPACES } from "#api/resources.ts";
import { hasReason } from "#api/status.ts";
import { explain } from "#lib/errors.ts";
import { createLogger } from "#lib/log.ts";
import { eventually } from "#test/kit/eventually.ts";
import { createMemoryCluster, type MemoryCluster } from "#test/kit/memory-cluster.ts";
import { widget, widgetDefinition } from "#test/kit/widgets.ts";

/** An address: whoever works with a custom kind need not have its definition. */
const WIDGETS = row<KubeObject>({
  group: "example.com",
  version: "v1",
  kind: "Widget",
  plural: "widgets",
  namespaced: true,
  definition: "",
});
const DEFINITION = widgetDefinition({ type: "object", properties: { n: { type: "integer" } } });
const KEY = { namespace: "", name: "widgets.example.com" };

let cluster: MemoryCluster;
let complaints: string[];

const soon = <T>(check: () => T | Promise<T>) => eventually(check, { withinMs: 5_000 });
const isGone = (read: Promise<unknown>): Promise<boolean> =>
  read.then(
    () => false,
    (error: unknown) => hasReason(error, "NotFound"),
  );

beforeEach(async () => {
  complaints = [];
  const write = (line: string): void => void complaints.push(line);
  cluster = await createMemoryCluster({
    log: createLogger({ level: "warn", format: "text", write }),
  });
  await cluster.start();
  await cluster.client.create(CUSTOM_RESOURCE_DEFINITIONS, DEFINITION);
});
afterEach(async () => {
  await cluster[Symbol.asyncDispose]();
  expect(complaints).toEqual([]);
});

const create = (name: string, metadata: object = {}): Promise<KubeObject> => {
  const object: KubeObject = widget(name, { n: 1 });
  return cluster.client.create(WIDGETS, {
    ...object,
    metadata: { ...object.metadata, namespace: "default", ...metadata },
  });
};

test("a definition goes with its objects, and all that watch them end", async () => {
  const { client, verbs } = cluster;
  await create("a");
  await create("b", { finalizers: ["example.com/wait"] });
  const seen: string[] = [];
  const stop = new AbortController();
  const watch = await verbs.watch(
    { resource: WIDGETS, namespace: "" },
    { resourceVersion: "0", signal: stop.signal },
    ({ type, item }) => void seen.push(`${type} ${nameOf(item.value)}`),
  );
  await client.delete(CUSTOM_RESOURCE_DEFINITIONS, KEY);
  await soon(async () => (await client.list(WIDGETS)).items.length === 1);
  expect(await client.get(CUSTOM_RESOURCE_DEFINITIONS, KEY)).toMatchObject({
    metadata: { finalizers: ["customresourcecleanup.apiextensions.k8s.io"] },
  });
  expect(await create("c").catch(explain)).toBe(
    'widgets.example.com "c" is forbidden: create not allowed while custom resource definition is terminating',
  );
  const body = { metadata: { finalizers: null } };
  await client.patch(WIDGETS, { namespace: "default", name: "b" }, { type: "merge", body });
  await soon(() => isGone(client.get(CUSTOM_RESOURCE_DEFINITIONS, KEY)));
  await watch.ended;
  expect(seen).toContain("DELETED b");
  expect(await isGone(client.list(WIDGETS))).toBe(true);

  await client.create(CUSTOM_RESOURCE_DEFINITIONS, DEFINITION);
  expect((await client.list(WIDGETS)).items).toEqual([]);
});

test("an informer follows a custom kind, also over a change of its definition", async () => {
  const { client, informers } = cluster;
  const informer = informers.informer(WIDGETS);
  await informer.synced;
  await create("a");
  expect(await soon(() => informer.get("default/a"))).toMatchObject({ spec: { n: 1 } });
  const path = "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/size";
  const value = { type: "string", default: "small" };
  await client.patch(CUSTOM_RESOURCE_DEFINITIONS, KEY, {
    type: "json",
    body: [{ op: "add", path, value }],
  });
  await create("b");
  expect(await soon(() => informer.get("default/b"))).toMatchObject({ spec: { size: "small" } });
});

test("custom resources are owners, are owned, and go with their namespace", async () => {
  const { client } = cluster;
  const owner = await create("a");
  await client.create(CONFIG_MAPS, {
    metadata: {
      name: "owned",
      namespace: "default",
      ownerReferences: [
        {
          apiVersion: "example.com/v1",
          kind: "Widget",
          name: "a",
          uid: owner.metadata?.uid ?? "",
        },
      ],
    },
  });
  await client.delete(WIDGETS, { namespace: "default", name: "a" });
  await soon(() => isGone(client.get(CONFIG_MAPS, { namespace: "default", name: "owned" })));
  await client.create(NAMESPACES, { metadata: { name: "x" } });
  await create("b", { namespace: "x" });
  await client.delete(NAMESPACES, { namespace: "", name: "x" });
  await soon(() => isGone(client.get(NAMESPACES, { namespace: "", name: "x" })));
});

test("names that one definition leaves are given to the one that waits for them", async () => {
  const { client } = cluster;
  const { spec } = DEFINITION;
  if (spec === undefined) throw new Error("A definition has a spec");
  const name = "gadgets.example.com";
  await client.create(CUSTOM_RESOURCE_DEFINITIONS, {
    metadata: { name },
    spec: { ...spec, names: { plural: "gadgets", kind: "Gadget", shortNames: ["wg"] } },
  });
  await client.delete(CUSTOM_RESOURCE_DEFINITIONS, KEY);
  await soon(async () => {
    const { status } = await client.get(CUSTOM_RESOURCE_DEFINITIONS, { namespace: "", name });
    return status?.acceptedNames?.shortNames?.includes("wg");
  });
  expect(await client.list({ ...WIDGETS, plural: "gadgets" })).toMatchObject({ items: [] });
});

test("the objects of versions that nobody serves go with their definition", async () => {
  const { client } = cluster;
  await create("a");
  const path = "/spec/versions/0/served";
  const body = [{ op: "replace", path, value: false }];
  await client.patch(CUSTOM_RESOURCE_DEFINITIONS, KEY, { type: "json", body });
  expect(await isGone(client.list(WIDGETS))).toBe(true);
  await client.delete(CUSTOM_RESOURCE_DEFINITIONS, KEY);
  await soon(() => isGone(client.get(CUSTOM_RESOURCE_DEFINITIONS, KEY)));
  await client.create(CUSTOM_RESOURCE_DEFINITIONS, DEFINITION);
  expect((await client.list(WIDGETS)).items).toEqual([]);
});

test("a definition goes with its objects though its webhook went before", async () => {
  const { client } = cluster;
  await create("a");
  const [version] = DEFINITION.spec?.versions ?? [];
  const spec = {
    versions: [version, { ...version, name: "v2", storage: false }],
    conversion: {
      strategy: "Webhook",
      webhook: {
        clientConfig: { service: { namespace: "default", name: "gone" } },
        conversionReviewVersions: ["v1"],
      },
    },
  };
  await client.patch(CUSTOM_RESOURCE_DEFINITIONS, KEY, { type: "merge", body: { spec } });
  expect(await client.list({ ...WIDGETS, version: "v2" }).catch(explain)).toContain(
    'service "gone" not found',
  );
  await client.delete(CUSTOM_RESOURCE_DEFINITIONS, KEY);
  await soon(() => isGone(client.get(CUSTOM_RESOURCE_DEFINITIONS, KEY)));
});
