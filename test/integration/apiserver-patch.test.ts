import { expect, test } from "bun:test";
import type { Deployment } from "#api/object.ts";
import type { Status } from "#api/status.ts";
import { startTestApi, type TestApi } from "#test/kit/test-api.ts";

const BASE = "/apis/apps/v1/namespaces/default/deployments";
const JSON_PATCH = "application/json-patch+json";
const MERGE_PATCH = "application/merge-patch+json";
const STRATEGIC_PATCH = "application/strategic-merge-patch+json";

async function addDeployment(api: TestApi): Promise<void> {
  const containers = [
    { name: "main", image: "busybox" },
    { name: "side", image: "busybox" },
  ];
  const body: Deployment = {
    metadata: { name: "web" },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: "web" } },
      template: { metadata: { labels: { app: "web" } }, spec: { containers } },
    },
  };
  expect((await api.send("POST", BASE, { body })).status).toBe(201);
}

async function patch(api: TestApi, body: unknown, type: string): Promise<Deployment> {
  const response = await api.send("PATCH", `${BASE}/web`, { body, type });
  expect(response.status).toBe(200);
  return (await response.json()) as Deployment;
}

test("all three patches change what they name", async () => {
  using api = await startTestApi();
  await addDeployment(api);
  const replace = [{ op: "replace", path: "/spec/replicas", value: 3 }];
  expect((await patch(api, replace, JSON_PATCH)).spec?.replicas).toBe(3);
  const merged = await patch(api, { metadata: { labels: { a: "b" } } }, MERGE_PATCH);
  expect(merged.metadata?.labels).toEqual({ a: "b" });
  const image = {
    spec: { template: { spec: { containers: [{ name: "side", image: "nginx" }] } } },
  };
  const strategic = await patch(api, image, STRATEGIC_PATCH);
  const images = strategic.spec?.template.spec?.containers.map((one) => one.image);
  expect(images).toEqual(["busybox", "nginx"]);
  expect(strategic.metadata?.generation).toBe(3);
});

test("patches of one object at the same time are all kept", async () => {
  using api = await startTestApi();
  await addDeployment(api);
  const one = (index: number) =>
    patch(api, { metadata: { annotations: { [`n${index}`]: "x" } } }, MERGE_PATCH);
  await Promise.all(Array.from({ length: 20 }, (_, index) => one(index)));
  const all = (await (await api.send("GET", `${BASE}/web`)).json()) as Deployment;
  expect(Object.keys(all.metadata?.annotations ?? {})).toHaveLength(20);
});

test("a scale is patched as a scale", async () => {
  using api = await startTestApi();
  await addDeployment(api);
  const response = await api.send("PATCH", `${BASE}/web/scale`, {
    body: { spec: { replicas: 4 } },
    type: MERGE_PATCH,
  });
  expect((await response.json()) as object).toMatchObject({ kind: "Scale", spec: { replicas: 4 } });
});

test("a patch of another version is refused, one that changes nothing writes nothing", async () => {
  using api = await startTestApi();
  await addDeployment(api);
  const before = api.store.resourceVersion;
  const stale = await api.send("PATCH", `${BASE}/web`, {
    body: { metadata: { resourceVersion: "1" }, spec: { replicas: 9 } },
    type: MERGE_PATCH,
  });
  expect(stale.status).toBe(409);
  await patch(api, { spec: { replicas: 1 } }, MERGE_PATCH);
  expect(api.store.resourceVersion).toBe(before);
});

test.each([
  ["an unknown type", "text/plain", {}, 415],
  ["no list of operations", JSON_PATCH, {}, 400],
  ["a path that leads nowhere", JSON_PATCH, [{ op: "replace", path: "/nope/x", value: 1 }], 422],
  ["malformed JSON", MERGE_PATCH, "{", 400],
  ["a number where text must be", MERGE_PATCH, { metadata: { labels: { a: 1 } } }, 422],
  ["another name", MERGE_PATCH, { metadata: { name: "other" } }, 400],
] as const)("%s is refused and stores nothing", async (...[, type, body, code]) => {
  using api = await startTestApi();
  await addDeployment(api);
  const before = api.store.resourceVersion;
  const response = await api.send("PATCH", `${BASE}/web`, { body, type });
  expect((await response.json()) as Status).toMatchObject({ kind: "Status", code });
  expect(api.store.resourceVersion).toBe(before);
});

// observed on k8s.io/apiserver 0.36.4
test.each([
  [
    "no name",
    { metadata: { name: null } },
    400,
    "the name of the object (web based on URL) was undeterminable: name must be provided",
  ],
  [
    "another object's UID",
    { metadata: { uid: "other" } },
    422,
    'Deployment.apps "web" is invalid: metadata.uid: Invalid value: "other": field is immutable',
  ],
  [
    "an end",
    { metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" } },
    422,
    'Deployment.apps "web" is invalid: metadata.deletionTimestamp: Invalid value: "2026-01-01T00:00:00Z": field is immutable',
  ],
] as const)("%s cannot be patched", async (...[, body, code, message]) => {
  using api = await startTestApi();
  await addDeployment(api);
  const response = await api.send("PATCH", `${BASE}/web`, { body, type: MERGE_PATCH });
  expect((await response.json()) as Status).toMatchObject({ code, message });
});

test("where nothing is, a patch is not read", async () => {
  using api = await startTestApi();
  const response = await api.send("PATCH", `${BASE}/web`, { body: "{", type: MERGE_PATCH });
  expect(response.status).toBe(404);
});
