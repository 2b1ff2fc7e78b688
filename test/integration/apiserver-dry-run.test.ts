import { afterAll, beforeAll, expect, test } from "bun:test";
import type { KubeObject } from "#api/object.ts";
import { GOLDEN_KINDS, gadget } from "#test/kit/gadgets.ts";
import { type Sent, startTestApi, type TestApi } from "#test/kit/test-api.ts";

const CORE = "/api/v1/namespaces/default";
const APPS = "/apis/apps/v1/namespaces/default";
const GADGETS = "/apis/example.com/v1/namespaces/default/gadgets";
const TYPES = {
  merge: "application/merge-patch+json",
  json: "application/json-patch+json",
  strategic: "application/strategic-merge-patch+json",
  apply: "application/apply-patch+yaml",
};

interface Write extends Sent {
  readonly query?: string;
  readonly code?: number;
}

const container = { name: "main", image: "app" };
const template = { metadata: { labels: { app: "web" } }, spec: { containers: [container] } };
const deployment = {
  metadata: { name: "web" },
  spec: { replicas: 1, selector: { matchLabels: { app: "web" } }, template },
};
const nodePort = {
  clusterIP: "10.43.0.77",
  type: "NodePort",
  ports: [{ port: 80, nodePort: 30080 }],
};
const scale = {
  apiVersion: "autoscaling/v1",
  kind: "Scale",
  metadata: { name: "web", namespace: "default" },
  spec: { replicas: 5 },
};
const eviction = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name: "bound" } };
const binding = { metadata: { name: "free" }, target: { kind: "Node", name: "edge" } };
const labels = { metadata: { labels: { x: "1" } } };

/** Every way to write. What is there: see `beforeAll`. */
const WRITES: readonly [method: string, path: string, write?: Write][] = [
  ["POST", `${CORE}/configmaps`, { body: { metadata: { name: "b" } } }],
  ["POST", `${CORE}/configmaps`, { body: { metadata: { generateName: "b-" } } }],
  ["POST", `${CORE}/configmaps`, { body: { metadata: { name: "a" } }, code: 409 }],
  ["POST", `${CORE}/configmaps`, { body: { metadata: { name: "copy", resourceVersion: "7" } } }],
  ["PUT", `${CORE}/configmaps/a`, { body: { metadata: { name: "a" }, data: { k: "2" } } }],
  ["PATCH", `${CORE}/configmaps/a`, { body: labels, type: TYPES.merge }],
  ["PATCH", `${CORE}/configmaps/a`, { body: labels, type: TYPES.strategic }],
  ["PATCH", `${CORE}/configmaps/a`, { body: [{ op: "remove", path: "/data" }], type: TYPES.json }],
  [
    "PATCH",
    `${CORE}/configmaps/new`,
    {
      body: { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "new" } },
      type: TYPES.apply,
      query: "&fieldManager=test",
    },
  ],
  ["DELETE", `${CORE}/configmaps/a`],
  ["DELETE", `${CORE}/configmaps/a`, { query: "&propagationPolicy=Foreground" }],
  ["DELETE", `${CORE}/configmaps`],
  ["POST", `${CORE}/services`, { body: { metadata: { name: "np" }, spec: nodePort } }],
  ["PATCH", `${CORE}/services/web`, { body: { spec: { type: "NodePort" } }, type: TYPES.merge }],
  [
    "PATCH",
    `${CORE}/services/web`,
    {
      body: { spec: { type: "ExternalName", externalName: "example.com", clusterIP: "" } },
      type: TYPES.merge,
    },
  ],
  ["DELETE", `${CORE}/services/web`],
  ["PUT", `${APPS}/deployments/web/scale`, { body: scale }],
  [
    "PATCH",
    `${APPS}/deployments/web/scale`,
    { body: { spec: { replicas: 7 } }, type: TYPES.merge },
  ],
  [
    "PATCH",
    `${APPS}/deployments/web/status`,
    { body: { status: { observedGeneration: 1 } }, type: TYPES.merge },
  ],
  ["DELETE", `${APPS}/deployments`, { query: "&propagationPolicy=Orphan" }],
  [
    "POST",
    `${CORE}/pods`,
    { body: { metadata: { name: "b" }, spec: { containers: [container] } } },
  ],
  ["POST", `${CORE}/pods/free/binding`, { body: binding }],
  ["POST", `${CORE}/pods/bound/eviction`, { body: eviction }],
  ["DELETE", `${CORE}/pods/bound`, { query: "&gracePeriodSeconds=0" }],
  [
    "PATCH",
    `${CORE}/pods/bound/status`,
    { body: { status: { phase: "Running" } }, type: TYPES.merge },
  ],
  [
    "PATCH",
    `${CORE}/pods/bound/ephemeralcontainers`,
    {
      body: { spec: { ephemeralContainers: [{ name: "debug", image: "tools" }] } },
      type: TYPES.strategic,
    },
  ],
  ["POST", `${CORE}/serviceaccounts/default/token`, { body: { spec: { audiences: ["a"] } } }],
  [
    "POST",
    `${CORE}/events`,
    {
      body: {
        metadata: { name: "e" },
        involvedObject: { kind: "Pod", name: "free", namespace: "default" },
        type: "Warning",
      },
    },
  ],
  ["POST", "/api/v1/namespaces", { body: { metadata: { name: "shop" } } }],
  ["DELETE", "/api/v1/namespaces/old"],
  [
    "PUT",
    "/api/v1/namespaces/old/finalize",
    { body: { metadata: { name: "old" }, spec: { finalizers: [] } } },
  ],
  [
    "POST",
    "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
    {
      body: {
        ...GOLDEN_KINDS[0],
        metadata: { name: "others.example.com" },
        spec: { ...GOLDEN_KINDS[0]?.spec, names: { plural: "others", kind: "Other" } },
      },
    },
  ],
  ["DELETE", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/gadgets.example.com"],
  ["POST", GADGETS, { body: gadget("b") }],
  ["PATCH", `${GADGETS}/a/status`, { body: { status: { phase: "x" } }, type: TYPES.merge }],
  ["PATCH", `${GADGETS}/a/scale`, { body: { spec: { replicas: 7 } }, type: TYPES.merge }],
  ["DELETE", GADGETS],
];

let api: TestApi;

beforeAll(async () => {
  api = await startTestApi();
  for (const body of GOLDEN_KINDS) {
    await make("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", body);
  }
  await make("/api/v1/namespaces", { metadata: { name: "old" } });
  await make("/api/v1/nodes", { metadata: { name: "edge" } });
  await make(`${CORE}/serviceaccounts`, { metadata: { name: "default" } });
  await make(`${CORE}/configmaps`, { metadata: { name: "a" }, data: { k: "1" } });
  await make(`${CORE}/services`, { metadata: { name: "web" }, spec: { ports: [{ port: 80 }] } });
  await make(`${APPS}/deployments`, deployment);
  const spec = { containers: [container] };
  await make(`${CORE}/pods`, { metadata: { name: "free" }, spec });
  await make(`${CORE}/pods`, { metadata: { name: "bound" }, spec: { ...spec, nodeName: "edge" } });
  await make(GADGETS, gadget("a", { replicas: 1 }));
});
afterAll(() => api[Symbol.dispose]());

async function make(path: string, body: object): Promise<KubeObject> {
  const response = await api.send("POST", path, { body });
  const made = await response.json();
  expect(response.status, JSON.stringify(made)).toBe(201);
  return made as KubeObject;
}

test.each(WRITES)(
  "%s %s is only rehearsed",
  async (method, path, { query = "", code, ...sent } = {}) => {
    const before = api.store.resourceVersion;
    const answer = await api.send(method, `${path}?dryRun=All${query}`, sent);
    const text = await answer.text();
    const expected = code === undefined ? [200, 201] : [code];
    expect(expected, text).toContain(answer.status);
    expect(api.store.resourceVersion).toBe(before);

    const strange = await api.send(method, `${path}?dryRun=Some${query}`, sent);
    expect(await strange.json()).toMatchObject({
      code: 422,
      message: expect.stringContaining(
        'dryRun: Unsupported value: ["Some"]: supported values: "All"',
      ),
    });
    expect(api.store.resourceVersion).toBe(before);
  },
);

test("nothing is set aside for what was only rehearsed", async () => {
  const spec = { ...nodePort, clusterIP: "10.43.0.78", ports: [{ port: 80, nodePort: 30081 }] };
  const body = { metadata: { name: "really" }, spec };
  for (const _ of [1, 2]) {
    expect((await api.send("POST", `${CORE}/services?dryRun=All`, { body })).status).toBe(201);
  }
  expect(await make(`${CORE}/services`, body)).toMatchObject({ spec });
  // Nor is anything let go of.
  const given = `${CORE}/services/really`;
  expect((await api.send("DELETE", `${given}?dryRun=All`)).status).toBe(200);
  const other = { ...body, metadata: { name: "other" } };
  expect((await api.send("POST", `${CORE}/services`, { body: other })).status).toBe(422);
  expect((await api.send("DELETE", given)).status).toBe(200);
});
