import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Status } from "#api/status.ts";
import { startTestApi, type TestApi } from "#test/kit/test-api.ts";

const BASE = "/api/v1/namespaces/default";

let api: TestApi;
const asked: { node: string; url: string; method: string; body: string }[] = [];

beforeAll(async () => {
  api = await startTestApi({
    nodeStreams: {
      ask: async (node, request) => {
        const { url, method } = request;
        asked.push({ node, url, method, body: await request.text() });
        return new Response("from the agent", { status: 203 });
      },
    },
  });
  const post = async (path: string, body: object): Promise<void> => {
    const made = await api.send("POST", path, { body });
    expect(made.status, await made.text()).toBe(201);
  };
  await post("/api/v1/nodes", { metadata: { name: "n" } });
  await status("/api/v1/nodes/n", {
    addresses: [{ type: "InternalIP", address: "127.0.0.1" }],
  });
  const spec = { containers: [{ name: "c", image: "i", ports: [{ containerPort: 80 }] }] };
  for (const [name, podIP] of Object.entries({
    inside: "127.0.0.1",
    metadata: "169.254.169.254",
  })) {
    await post(`${BASE}/pods`, { metadata: { name }, spec });
    await status(`${BASE}/pods/${name}`, { podIP, podIPs: [{ ip: podIP }] });
  }
  await post(`${BASE}/pods`, { metadata: { name: "pending" }, spec });
  await post(`${BASE}/services`, {
    metadata: { name: "web" },
    spec: { ports: [{ name: "http", port: 80 }] },
  });
  await post(`${BASE}/endpoints`, {
    metadata: { name: "web" },
    subsets: [{ addresses: [{ ip: "10.9.9.9" }], ports: [{ name: "http", port: 80 }] }],
  });
  await post(`${BASE}/services`, { metadata: { name: "empty" }, spec: { ports: [{ port: 80 }] } });
  await post(`${BASE}/endpoints`, { metadata: { name: "empty" } });
});

afterAll(() => api[Symbol.dispose]());

async function status(path: string, value: object): Promise<void> {
  const type = "application/merge-patch+json";
  const sent = await api.send("PATCH", `${path}/status`, { type, body: { status: value } });
  expect(sent.status, await sent.text()).toBe(200);
}

test("discovery shows the proxies, and OpenAPI all their methods", async () => {
  const list = (await (await api.send("GET", "/api/v1")).json()) as {
    resources: readonly { readonly name: string }[];
  };
  const proxy = (plural: string, kind: string) => ({
    ...{ name: `${plural}/proxy`, singularName: "", namespaced: plural !== "nodes" },
    ...{ kind, verbs: ["create", "delete", "get", "patch", "update"] },
  });
  expect<readonly object[]>(list.resources.filter(({ name }) => name.endsWith("/proxy"))).toEqual([
    proxy("nodes", "NodeProxyOptions"),
    proxy("pods", "PodProxyOptions"),
    proxy("services", "ServiceProxyOptions"),
  ]);
  const { paths } = (await (await api.send("GET", "/openapi/v3/api/v1")).json()) as {
    paths: Record<string, Record<string, { operationId: string }>>;
  };
  const behind = paths["/api/v1/namespaces/{namespace}/pods/{name}/proxy/{path}"] ?? {};
  expect(Object.values(behind).map(({ operationId }) => operationId)).toEqual(
    ["Delete", "Get", "Head", "Options", "Patch", "Post", "Put"].map(
      (method) => `connectCoreV1${method}NamespacedPodProxyWithPath`,
    ),
  );
});

describe("a proxy is refused", () => {
  test.each([
    ["pods/none/proxy/", 404, 'pods "none" not found'],
    ["pods/a:b:c:d/proxy/", 400, 'invalid pod request "a:b:c:d"'],
    ["pods/ftp:inside:80/proxy/", 400, 'invalid pod request "ftp:inside:80"'],
    ["pods/:80/proxy/", 400, 'invalid pod request ":80"'],
    ["pods/inside/proxy/", 400, "address not allowed"],
    ["pods/metadata:80/proxy/latest", 400, "address not allowed"],
    ["pods/pending/proxy/", 400, "address not allowed"],
    ["services/none/proxy/", 404, 'endpoints "none" not found'],
    ["services/none:80/proxy/", 404, 'services "none" not found'],
    ["services/empty/proxy/", 503, 'no endpoints available for service "empty"'],
    ["services/empty:81/proxy/", 503, 'no service port 81 found for service "empty"'],
    // Nobody says that this address is a pod's.
    ["services/web:http/proxy/", 503, 'no endpoints available for service "web:http"'],
    ["services/https:web:80/proxy/", 503, 'no endpoints available for service "https:web:80"'],
    ["services/a:b:c:d/proxy/", 400, 'invalid service request "a:b:c:d"'],
  ])("%s with %i", async (path, code, message) => {
    const response = await api.send("GET", `${BASE}/${path}`);
    const body = (await response.json()) as Status;
    expect([response.status, body.message]).toEqual([code, message]);
  });

  test("for a node's own loopback", async () => {
    const response = await api.send("GET", "/api/v1/nodes/n:80/proxy/");
    const body = (await response.json()) as Status;
    expect([response.status, body.message]).toEqual([400, "address not allowed"]);
  });

  test.each([
    ["GET", "get"],
    ["HEAD", "get"],
    ["POST", "create"],
    ["PUT", "update"],
    ["PATCH", "patch"],
    ["DELETE", "delete"],
    ["OPTIONS", ""],
  ])("to whom no role gives %s", async (method, verb) => {
    const response = await api.send(method, `${BASE}/pods/https:inside:80/proxy/x`, {
      headers: { "impersonate-user": "eve" },
    });
    expect(response.status).toBe(403);
    if (method === "HEAD") return;
    expect(((await response.json()) as Status).message).toBe(
      `pods "https:inside:80" is forbidden: User "eve" cannot ${verb} resource "pods/proxy" in API group "" in the namespace "default"`,
    );
  });
});

test("a proxy's root is known by the slash at its end", async () => {
  const response = await api.send("GET", "/api/v1/nodes/n/proxy?x=1");
  expect([response.status, response.headers.get("location")]).toEqual([
    301,
    "/api/v1/nodes/n/proxy/?x=1",
  ]);
});

test.each([
  { method: "GET", path: "n/proxy/pods?x=%26", target: "/pods?x=%26" },
  { method: "POST", path: "n:10250/proxy/run/a%2Fb/", target: "/run/a%2Fb/", body: "body" },
  { method: "DELETE", path: "https:n:10250/proxy", target: "/" },
])("$method $path is the node's agent's to answer", async ({ method, path, target, body }) => {
  asked.length = 0;
  const response = await api.send(method, `/api/v1/nodes/${path}`, body ? { body } : {});
  expect([response.status, await response.text()]).toEqual([203, "from the agent"]);
  expect(asked).toEqual([{ node: "n", url: `http://node${target}`, method, body: body ?? "" }]);
});
