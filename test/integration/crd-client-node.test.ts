import { afterAll, beforeAll, expect, test } from "bun:test";
import {
  ApiextensionsV1Api,
  CustomObjectsApi,
  KubeConfig,
  KubernetesObjectApi,
  Watch,
} from "@kubernetes/client-node";
import { eventually, rejection } from "#test/kit/eventually.ts";
import { startTlsApi, type TlsApi } from "#test/kit/tls-api.ts";
import { widget, widgetDefinition } from "#test/kit/widgets.ts";

const WIDGETS = {
  group: "example.com",
  version: "v1",
  namespace: "default",
  plural: "widgets",
} as const;

let api: TlsApi;
let config: KubeConfig;

beforeAll(async () => {
  api = await startTlsApi();
  config = new KubeConfig();
  config.loadFromString(api.kubeconfig());
});
afterAll(() => api[Symbol.asyncDispose]());

test("client-node makes a kind, and works with its objects at once", async () => {
  const objects = KubernetesObjectApi.makeApiClient(config);
  const spec = {
    type: "object",
    properties: { n: { type: "integer", minimum: 1 }, size: { type: "string", default: "small" } },
  } as const;
  // The models of client-node have another name for it.
  const text = JSON.stringify(widgetDefinition(spec)).replace('"default":', '"_default":');
  await objects.create(JSON.parse(text));
  const made = await config
    .makeApiClient(ApiextensionsV1Api)
    .readCustomResourceDefinition({ name: "widgets.example.com" });
  const [version] = made.spec.versions;
  expect(version?.schema?.openAPIV3Schema?.properties?.["spec"]?.properties?.["n"]).toMatchObject({
    type: "integer",
    minimum: 1,
  });

  const custom = config.makeApiClient(CustomObjectsApi);
  const seen: string[] = [];
  const watch = await new Watch(config).watch(
    "/apis/example.com/v1/namespaces/default/widgets",
    {},
    (type: string) => void seen.push(type),
    () => undefined,
  );
  await custom.createNamespacedCustomObject({ ...WIDGETS, body: widget("a", { n: 1 }) });
  expect(await custom.getNamespacedCustomObject({ ...WIDGETS, name: "a" })).toMatchObject({
    spec: { n: 1, size: "small" },
  });
  const refused = custom.createNamespacedCustomObject({ ...WIDGETS, body: widget("b", { n: 0 }) });
  expect((await rejection(refused)).message).toContain(
    "spec.n in body should be greater than or equal to 1",
  );
  expect(await custom.listNamespacedCustomObject(WIDGETS)).toMatchObject({ items: { length: 1 } });
  await custom.deleteNamespacedCustomObject({ ...WIDGETS, name: "a" });
  await eventually(() => seen.includes("DELETED"), { withinMs: 5_000 });
  expect(seen).toEqual(["ADDED", "DELETED"]);
  watch.abort();
});
