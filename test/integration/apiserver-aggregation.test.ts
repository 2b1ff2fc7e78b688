import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { API_SERVICES } from "#api/resources.ts";
import { newFrontProxy } from "#site/apiserver/aggregation/front-proxy.ts";
import { eventually } from "#test/kit/eventually.ts";
import { type ExtensionAnswer, ExtensionServer, type Shown } from "#test/kit/extension-server.ts";
import { startTestApi, type TestApi } from "#test/kit/test-api.ts";

const NAME = "v1beta1.metrics.k8s.io";
const BASE = "/apis/metrics.k8s.io/v1beta1";
const SERVICES = "/apis/apiregistration.k8s.io/v1/apiservices";
const frontProxy = newFrontProxy();

const RESOURCES = {
  kind: "APIResourceList",
  apiVersion: "v1",
  groupVersion: "metrics.k8s.io/v1beta1",
  resources: [
    {
      ...{ name: "nodes", singularName: "", namespaced: false, kind: "NodeMetrics" },
      verbs: ["get", "list"],
    },
    {
      ...{ name: "pods", singularName: "", namespaced: true, kind: "PodMetrics" },
      verbs: ["get", "list"],
      shortNames: ["pm"],
    },
    { name: "pods/scale", singularName: "", namespaced: true, kind: "Scale", verbs: ["get"] },
  ],
};
const V3_URL = `/openapi/v3${BASE}?hash=AB12`;

const V2 = {
  swagger: "2.0",
  paths: {
    [`${BASE}/nodes`]: {
      parameters: [{ name: "pretty", in: "query", type: "string", uniqueItems: true }],
      get: {
        operationId: "listMetricsV1beta1NodeMetrics",
        responses: { "200": { description: "OK", schema: { $ref: "#/definitions/NodeMetrics" } } },
        "x-kubernetes-action": "list",
      },
    },
    "/apis/": { get: { operationId: "not its own" } },
  },
  definitions: {
    NodeMetrics: {
      type: "object",
      properties: { usage: { type: "object", additionalProperties: { type: "string" } } },
      "x-kubernetes-group-version-kind": [
        { group: "metrics.k8s.io", version: "v1beta1", kind: "NodeMetrics" },
      ],
    },
  },
};

let api: TestApi;
let server: ExtensionServer;
let answering: (shown: Shown) => ExtensionAnswer | undefined;

function answers(shown: Shown): ExtensionAnswer {
  const own = answering(shown);
  if (own) return own;
  if (shown.url === BASE) return { json: RESOURCES };
  if (shown.url === "/openapi/v3") {
    return { json: { paths: { [BASE.slice(1)]: { serverRelativeURL: V3_URL } } } };
  }
  if (shown.url === "/openapi/v2") return { json: V2 };
  if (shown.url === V3_URL) return { json: { openapi: "3.0.0" } };
  return { json: { kind: "PodMetricsList", items: [] } };
}

beforeEach(async () => {
  answering = () => undefined;
  api = await startTestApi({ frontProxy, clientCa: "the authority of clients" });
  server = await ExtensionServer.start(answers, {
    trusted: frontProxy.ca,
    serverName: "metrics.kube-system.svc",
  });
});
afterEach(() => {
  api[Symbol.dispose]();
  server[Symbol.dispose]();
});

const post = async (path: string, body: object): Promise<void> => {
  const made = await api.send("POST", path, { body });
  expect(made.status, await made.text()).toBe(201);
};

const service = (spec: object) =>
  post("/api/v1/namespaces/kube-system/services", { metadata: { name: "metrics" }, spec });

const onLoopback = () => service({ type: "ExternalName", externalName: "localhost" });

const apiService = (spec: object = {}) =>
  post(SERVICES, {
    metadata: { name: NAME },
    spec: {
      ...{ group: "metrics.k8s.io", version: "v1beta1" },
      ...{ groupPriorityMinimum: 100, versionPriority: 100, caBundle: server.caBundle },
      service: { namespace: "kube-system", name: "metrics", port: server.port },
      ...spec,
    },
  });

async function condition(): Promise<readonly string[]> {
  const { value } = await api.verbs.get({ resource: API_SERVICES, namespace: "", name: NAME });
  const { status = "", reason = "", message = "" } = value.status?.conditions?.[0] ?? {};
  return [status, reason, message];
}

async function becomes(...expected: readonly string[]): Promise<void> {
  await eventually(
    async () => (await condition()).slice(0, expected.length).join() === expected.join(),
  );
}

async function served(spec: object = {}): Promise<void> {
  await onLoopback();
  await apiService(spec);
  await becomes("True", "Passed", "all checks passed");
}

const json = async (path: string, accept = "application/json") =>
  (await (await api.send("GET", path, { accept })).json()) as Record<string, unknown>;

describe("an API of another server", () => {
  test("is asked in the name of whoever asks, by somebody whom it can know", async () => {
    await served();
    server.shown.length = 0;
    const answer = await api.send("POST", `${BASE}/namespaces/a/pods?x=%26`, {
      body: { a: 1 },
      headers: {
        "impersonate-user": Buffer.from("jané").toString("latin1"),
        "impersonate-group": "system:masters",
        "impersonate-extra-example.com%2Fscopes": "read",
        ...{ "x-remote-user": "root", "x-remote-extra-own": "no" },
      },
    });
    expect([answer.status, await answer.json()]).toEqual([
      200,
      { kind: "PodMetricsList", items: [] },
    ]);
    const [shown] = server.shown;
    expect(shown).toMatchObject({
      method: "POST",
      url: `${BASE}/namespaces/a/pods?x=%26`,
      client: "front-proxy-client",
    });
    const { headers } = shown ?? {};
    expect(Buffer.from(String(headers?.["x-remote-user"]), "latin1").toString()).toBe("jané");
    expect(headers?.["x-remote-group"]).toBe("system:masters, system:authenticated");
    expect(headers?.["x-remote-extra-example.com%2fscopes"]).toBe("read");
    expect(headers).not.toHaveProperty("authorization");
    expect(headers).not.toHaveProperty("x-remote-extra-own");
    expect(headers).not.toHaveProperty("impersonate-user");
  });

  test("is asked only for who may", async () => {
    await served();
    server.shown.length = 0;
    const answer = await api.send("GET", `${BASE}/namespaces/a/pods`, {
      headers: { "impersonate-user": "eve" },
    });
    expect(answer.status).toBe(403);
    expect(await answer.text()).toContain(
      'pods.metrics.k8s.io is forbidden: User \\"eve\\" cannot list resource \\"pods\\" in API group \\"metrics.k8s.io\\" in the namespace \\"a\\"',
    );
    expect(server.shown).toEqual([]);
  });

  test("is part of discovery and of OpenAPI", async () => {
    await served();
    const group = {
      name: "metrics.k8s.io",
      versions: [{ groupVersion: "metrics.k8s.io/v1beta1", version: "v1beta1" }],
      preferredVersion: { groupVersion: "metrics.k8s.io/v1beta1", version: "v1beta1" },
    };
    expect((await json("/apis"))["groups"]).toContainEqual(group);
    expect(await json("/apis/metrics.k8s.io")).toEqual({
      ...{ kind: "APIGroup", apiVersion: "v1", ...group },
    });
    expect(await json(BASE)).toEqual(RESOURCES);
    const v2 = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
    const kind = (name: string) => ({ group: "metrics.k8s.io", version: "v1beta1", kind: name });
    expect((await json("/apis", v2))["items"]).toContainEqual({
      metadata: { name: "metrics.k8s.io" },
      versions: [
        {
          version: "v1beta1",
          freshness: "Current",
          resources: [
            {
              ...{ resource: "nodes", responseKind: kind("NodeMetrics"), scope: "Cluster" },
              ...{ singularResource: "", verbs: ["get", "list"] },
            },
            {
              ...{ resource: "pods", responseKind: kind("PodMetrics"), scope: "Namespaced" },
              ...{ singularResource: "", verbs: ["get", "list"], shortNames: ["pm"] },
              subresources: [{ subresource: "scale", responseKind: kind("Scale"), verbs: ["get"] }],
            },
          ],
        },
      ],
    });
    expect((await json("/openapi/v3"))["paths"]).toMatchObject({
      "apis/metrics.k8s.io/v1beta1": { serverRelativeURL: V3_URL },
    });
    expect(await json(V3_URL)).toEqual({ openapi: "3.0.0" });
    const { paths, definitions } = await json("/openapi/v2");
    expect(paths).toHaveProperty([`${BASE}/nodes`, "get"], {
      operationId: "listMetricsV1beta1NodeMetrics",
      ...{ description: "", tags: [], consumes: [], produces: [] },
      parameters: [
        { name: "pretty", in: "query", required: false, type: "string", description: "" },
      ],
      responses: V2.paths[`${BASE}/nodes`]?.get.responses,
      "x-kubernetes-action": "list",
      "x-kubernetes-group-version-kind": { group: "", version: "", kind: "" },
    });
    expect(paths).toHaveProperty(["/apis/", "get", "operationId"], "getAPIVersions");
    expect(definitions).toHaveProperty("NodeMetrics", V2.definitions.NodeMetrics);
    const proto = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";
    const bytes = await (await api.send("GET", "/openapi/v2", { accept: proto })).bytes();
    expect(Buffer.from(bytes).includes("listMetricsV1beta1NodeMetrics")).toBeTrue();
  });

  test("is watched as events come", async () => {
    await served();
    answering = ({ url }) => (url.includes("watch=1") ? { open: '{"type":"ADDED"}\n' } : undefined);
    const asked = new Request(`https://edgesite${BASE}/pods?watch=1`, {
      headers: { authorization: "Bearer a-token-for-tests" },
    });
    const heads: number[] = [];
    const headFirst = (head: Response): Response => {
      heads.push(head.status);
      return head;
    };
    const answer = await api.server.fetch(asked, { headFirst });
    expect(heads).toEqual([200]);
    const reader = answer.body?.getReader();
    let text = "";
    while (!text.includes("ADDED")) text += new TextDecoder().decode((await reader?.read())?.value);
    expect(JSON.parse(text)).toEqual({ type: "ADDED" });
    await reader?.cancel();
  });

  test("gives its connection to another protocol", async () => {
    await served();
    const request = new Request(`https://edgesite${BASE}/x`, {
      headers: {
        authorization: "Bearer a-token-for-tests",
        connection: "Upgrade",
        upgrade: "own/1",
      },
    });
    const upgrade = await api.server.upgradeProxied(request);
    if (upgrade === undefined || upgrade instanceof Response) throw new Error("It did not switch");
    expect(upgrade.headers.get("upgrade")).toBe("own/1");
    const heard = Promise.withResolvers<string>();
    const session = upgrade.start({
      send: (bytes) => void heard.resolve(Buffer.from(bytes).toString()),
      pause: () => undefined,
      resume: () => undefined,
      end: () => undefined,
    });
    session.received(Buffer.from("hello"));
    expect(await heard.promise).toBe("echo hello");
    session.closed();
  });

  test("may not send elsewhere", async () => {
    await served();
    answering = ({ url }) =>
      url.endsWith("/moved")
        ? { status: 302, json: {}, headers: { location: "https://elsewhere.example" } }
        : undefined;
    const answer = await api.send("GET", `${BASE}/moved`);
    expect([answer.status, await answer.text()]).toEqual([
      502,
      "the backend attempted to redirect this request, which is not permitted\n",
    ]);
  });

  test("goes with its APIService", async () => {
    await served();
    await api.send("DELETE", `${SERVICES}/${NAME}`);
    expect((await api.send("GET", BASE)).status).toBe(404);
    expect(JSON.stringify(await json("/apis"))).not.toContain("metrics.k8s.io");
    expect(JSON.stringify(await json("/openapi/v3"))).not.toContain("metrics.k8s.io");
  });
});

test("APIServices themselves are served by nobody else", async () => {
  await onLoopback();
  await post(SERVICES, {
    metadata: { name: "v1.apiregistration.k8s.io" },
    spec: {
      ...{ group: "apiregistration.k8s.io", version: "v1", insecureSkipTLSVerify: true },
      ...{ groupPriorityMinimum: 100, versionPriority: 100 },
      service: { namespace: "kube-system", name: "metrics", port: server.port },
    },
  });
  expect((await json(SERVICES))["kind"]).toBe("APIServiceList");
});

describe("an API that cannot be had", () => {
  test("says why, and since when it can", async () => {
    await apiService();
    await becomes("False", "ServiceNotFound", 'service/metrics in "kube-system" is not present');
    const answer = await api.send("GET", `${BASE}/pods`);
    expect([answer.status, await answer.text()]).toEqual([503, "service unavailable\n"]);
    const unavailable = async () =>
      /aggregator_unavailable_apiservice\{.*\} \d/.exec(
        await (await api.send("GET", "/metrics")).text(),
      )?.[0];
    expect(await unavailable()).toBe(`aggregator_unavailable_apiservice{name="${NAME}"} 1`);
    await onLoopback();
    await becomes("True", "Passed");
    expect(await unavailable()).toBe(`aggregator_unavailable_apiservice{name="${NAME}"} 0`);
    expect((await api.send("GET", `${BASE}/pods`)).status).toBe(200);
  });

  test("has no port, no slices, no endpoints", async () => {
    await apiService({ service: { namespace: "kube-system", name: "metrics", port: 443 } });
    await service({ ports: [{ name: "web", port: 80 }] });
    await becomes(
      ...["False", "ServicePortError"],
      'service/metrics in "kube-system" is not listening on port 443',
    );
    await api.send("PATCH", "/api/v1/namespaces/kube-system/services/metrics", {
      type: "application/merge-patch+json",
      body: { spec: { ports: [{ name: "https", port: 443 }] } },
    });
    await becomes(
      ...["False", "EndpointsNotFound"],
      'cannot find endpointslices for service/metrics in "kube-system"',
    );
    await post("/apis/discovery.k8s.io/v1/namespaces/kube-system/endpointslices", {
      metadata: { name: "metrics-1", labels: { "kubernetes.io/service-name": "metrics" } },
      addressType: "IPv4",
      endpoints: [],
      ports: [{ name: "https", port: 443 }],
    });
    await becomes(
      ...["False", "MissingEndpoints"],
      'endpointslices for service/metrics in "kube-system" have no addresses with port name "https"',
    );
  });

  test("does not answer, and is stale in discovery", async () => {
    await served();
    answering = ({ url }) => (url === BASE ? { status: 500, json: {} } : undefined);
    api.clock.advance(30_000);
    await becomes("False", "FailedDiscoveryCheck");
    expect((await condition())[2]).toContain(`${BASE}: 500`);
    const v2 = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
    expect(JSON.stringify(await json("/apis", v2))).toContain(
      '"version":"v1beta1","freshness":"Stale","resources":[{"resource":"nodes"',
    );
    answering = () => undefined;
    api.clock.advance(30_000);
    await becomes("True", "Passed");
  });

  test("is trusted by its own certificate alone, as Go trusts it", async () => {
    await served({ caBundle: server.certificate });
    expect((await api.send("GET", `${BASE}/pods`)).status).toBe(200);
  });

  test("is not trusted under a certificate that nobody vouches for, unless that is wanted", async () => {
    using other = await ExtensionServer.start(() => ({ json: {} }), {
      ...{ trusted: frontProxy.ca, serverName: "metrics.kube-system.svc" },
    });
    await served({ caBundle: other.caBundle });
    const refused = await api.send("GET", `${BASE}/pods`);
    expect([refused.status, await refused.text()]).toEqual([
      503,
      "error trying to reach service: tls: failed to verify certificate: x509: certificate signed by unknown authority\n",
    ]);
    await api.send("PATCH", `${SERVICES}/${NAME}`, {
      type: "application/merge-patch+json",
      body: { spec: { caBundle: null, insecureSkipTLSVerify: true } },
    });
    expect((await api.send("GET", `${BASE}/pods`)).status).toBe(200);
  });
});

test("other servers can read whom to believe", async () => {
  const path = "/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication";
  expect((await json(path))["data"]).toEqual({
    "client-ca-file": "the authority of clients",
    "requestheader-allowed-names": '["front-proxy-client"]',
    "requestheader-client-ca-file": frontProxy.ca,
    "requestheader-extra-headers-prefix": '["X-Remote-Extra-"]',
    "requestheader-group-headers": '["X-Remote-Group"]',
    "requestheader-uid-headers": '["X-Remote-Uid"]',
    "requestheader-username-headers": '["X-Remote-User"]',
  });
});
