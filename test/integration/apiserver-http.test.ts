import { expect, test } from "bun:test";
import type { LogRequest } from "#api/node-streams.ts";
import type { Pod } from "#api/object.ts";
import { PODS } from "#api/resources.ts";
import type { Status } from "#api/status.ts";
import { type Logger, silentLogger } from "#lib/log.ts";
import type { StreamCall } from "#serve/stream-call.ts";
import { bodyOf, CORE, pod, post } from "#test/kit/api-objects.ts";
import { startTestApi, type TestApi } from "#test/kit/test-api.ts";

const AGGREGATED =
  "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";

interface Discovered {
  readonly items: {
    readonly metadata: object;
    readonly versions: {
      readonly resources: { readonly resource: string; subresources?: object[] }[];
    }[];
  }[];
}

test.each(["/livez", "/readyz", "/healthz", "/version"])("%s needs no credential", async (path) => {
  using api = await startTestApi();
  const response = await api.server.fetch(new Request(`http://edgesite${path}`));
  expect(response.status).toBe(200);
});

test.each(["/", "/api", "/apis/apps/v1", "/openapi/v2", "/api/v1/pods", "/nowhere"])(
  "%s needs one",
  async (path) => {
    using api = await startTestApi();
    for (const authorization of ["", "Bearer wrong", "Basic YTpi"]) {
      const headers = authorization === "" ? {} : { authorization };
      const response = await api.server.fetch(new Request(`http://edgesite${path}`, { headers }));
      expect(response.status).toBe(401);
      expect(await response.json()).toEqual({
        kind: "Status",
        apiVersion: "v1",
        metadata: {},
        status: "Failure",
        message: "Unauthorized",
        reason: "Unauthorized",
        code: 401,
      });
    }
  },
);

test("a client certificate is a credential", async () => {
  using api = await startTestApi();
  const peer = { name: "someone", groups: ["system:masters"] };
  const request = new Request("http://edgesite/api/v1/pods");
  expect((await api.server.fetch(request, { peer })).status).toBe(200);
});

test("who is no superuser may do nothing, in Kubernetes' words", async () => {
  using api = await startTestApi();
  const peer = { name: "someone", groups: ["system:authenticated"] };
  const request = new Request("http://edgesite/api/v1/namespaces/x/pods/web");
  const response = await api.server.fetch(request, { peer });
  expect(response.status).toBe(403);
  expect((await response.json()) as Status).toMatchObject({
    message:
      'pods "web" is forbidden: User "someone" cannot get resource "pods" in API group "" in the namespace "x"',
    details: { name: "web", kind: "pods" },
  });
});

test("every answer has an audit id and may not be cached", async () => {
  using api = await startTestApi();
  for (const path of ["/api/v1/pods", "/nowhere", "/livez"]) {
    const { headers } = await api.send("GET", path);
    expect(headers.get("audit-id")).toMatch(/^[0-9a-f-]{36}$/);
    expect(headers.get("cache-control")).toBe("no-cache, private");
  }
});

test("readiness lists its checks, withholds reasons, and fails with any of them", async () => {
  let failure: string | undefined = "disk on fire";
  const checks = [{ name: "db", live: false, failure: () => failure }];
  using api = await startTestApi({ checks });
  const failed = await api.send("GET", "/readyz?verbose");
  expect(failed.status).toBe(500);
  expect(await failed.text()).toBe(
    "[+]ping ok\n[-]db failed: reason withheld\n[+]shutdown ok\nreadyz check failed\n",
  );
  expect((await api.send("GET", "/livez")).status).toBe(200);
  expect((await api.send("GET", "/readyz?exclude=db")).status).toBe(200);
  expect((await api.send("GET", "/readyz/db")).status).toBe(500);
  expect((await api.send("GET", "/readyz/nope")).status).toBe(404);
  failure = undefined;
  const passed = await api.send("GET", "/readyz?verbose");
  expect(await passed.text()).toBe("[+]ping ok\n[+]db ok\n[+]shutdown ok\nreadyz check passed\n");
});

test("discovery of old clients: one document per version", async () => {
  using api = await startTestApi();
  const groups = (await (await api.send("GET", "/apis")).json()) as { groups: { name: string }[] };
  expect(groups.groups.map(({ name }) => name)).toContain("apps");
  const core = (await (await api.send("GET", "/api/v1")).json()) as { resources: object[] };
  expect(core).toMatchObject({ kind: "APIResourceList", groupVersion: "v1" });
  expect(core.resources).toContainEqual({
    name: "pods/eviction",
    singularName: "",
    namespaced: true,
    group: "policy",
    version: "v1",
    kind: "Eviction",
    verbs: ["create"],
  });
  const apps = (await (await api.send("GET", "/apis/apps/v1")).json()) as { resources: object[] };
  expect(apps.resources).toContainEqual({
    name: "deployments/scale",
    singularName: "",
    namespaced: true,
    group: "autoscaling",
    version: "v1",
    kind: "Scale",
    verbs: ["get", "patch", "update"],
  });
  expect((await api.send("GET", "/apis/nope")).status).toBe(404);
});

test("the index of OpenAPI v3 is 304 the second time", async () => {
  using api = await startTestApi();
  const response = await api.send("GET", "/openapi/v3");
  expect(await response.json()).toMatchObject({ paths: { "apis/apps/v1": {} } });
  const headers = { "if-none-match": response.headers.get("etag") ?? "" };
  expect((await api.send("GET", "/openapi/v3", { headers })).status).toBe(304);
});

test("discovery of new clients: everything at once, and 304 the second time", async () => {
  using api = await startTestApi();
  const response = await api.send("GET", "/apis", { accept: AGGREGATED });
  expect(response.headers.get("content-type")).toBe(
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList",
  );
  const { items } = (await response.json()) as Discovered;
  const apps = items.find(({ metadata }) => "name" in metadata && metadata.name === "apps");
  expect(apps?.versions[0]?.resources.map(({ resource }) => resource)).toEqual([
    "controllerrevisions",
    "daemonsets",
    "deployments",
    "replicasets",
    "statefulsets",
  ]);
  const headers = { "if-none-match": response.headers.get("etag") ?? "" };
  expect((await api.send("GET", "/apis", { accept: AGGREGATED, headers })).status).toBe(304);
  const core = (await (await api.send("GET", "/api", { accept: AGGREGATED })).json()) as Discovered;
  expect(core.items).toHaveLength(1);
  expect(core.items[0]?.metadata).toEqual({});
});

test("what nobody foresaw is logged once and told to nobody", async () => {
  const lines: string[] = [];
  const log: Logger = { ...silentLogger, error: (message) => void lines.push(message) };
  const nodeStreams = {
    logs: () => Promise.reject(new TypeError("secret internals")),
  };
  using api = await startTestApi({ log, nodeStreams });
  await addPod(api);
  const response = await api.send("GET", "/api/v1/namespaces/default/pods/web/log");
  expect(response.status).toBe(500);
  expect(await response.text()).not.toContain("secret");
  expect(lines).toHaveLength(1);
});

async function addPod(api: TestApi, spec: Partial<Pod["spec"]> = {}): Promise<void> {
  const pod: Pod = {
    metadata: { name: "web" },
    spec: { nodeName: "edge", containers: [{ name: "main", image: "busybox" }], ...spec },
  };
  await api.verbs.create({ resource: PODS, namespace: "default" }, pod);
}

const LOG = "/api/v1/namespaces/default/pods/web/log";

test("logs come from the node as it gives them", async () => {
  const asked: LogRequest[] = [];
  const logs = async (request: LogRequest) => {
    asked.push(request);
    return new Response("one\ntwo\n").body ?? new ReadableStream<Uint8Array>();
  };
  using api = await startTestApi({ nodeStreams: { logs } });
  await addPod(api);
  const response = await api.send("GET", `${LOG}?follow=true&tailLines=2&timestamps=true`);
  expect(response.headers.get("content-type")).toBe("text/plain");
  expect(await response.text()).toBe("one\ntwo\n");
  expect(asked).toMatchObject([
    { kind: "logs", pod: "web", container: "main", follow: true, tailLines: 2, timestamps: true },
  ]);
});

test("a log request that cannot be meant is refused", async () => {
  using api = await startTestApi();
  const containers = [
    { name: "a", image: "x" },
    { name: "b", image: "x" },
  ];
  await addPod(api, { containers });
  const cases: [string, number, string][] = [
    ["", 400, "a container name must be specified for pod web, choose one of: [a b]"],
    ["?container=c", 400, "container c is not valid for pod web"],
    [
      "?container=c&sinceSeconds=0&limitBytes=0&stream=Stdout",
      422,
      'PodLogOptions "web" is invalid: [limitBytes: Invalid value: 0: must be greater than 0, sinceSeconds: Invalid value: 0: must be greater than 0, stream: Forbidden: may not be specified]',
    ],
    [
      "?container=a&tailLines=-1",
      422,
      'PodLogOptions "web" is invalid: tailLines: Invalid value: -1: must be greater than or equal to 0',
    ],
  ];
  for (const [query, code, message] of cases) {
    const status = (await (await api.send("GET", `${LOG}${query}`)).json()) as Status;
    expect(status).toMatchObject({ code, message });
  }
});

test("what is wrong with a log request is told before its pod is looked for, its container before its node", async () => {
  using api = await startTestApi();
  const messageAt = async (path: string) =>
    (await bodyOf<Status>(api.send("GET", `${CORE}/pods/${path}`))).message;
  expect(await messageAt("none/log?tailLines=-1")).toBe(
    'PodLogOptions "none" is invalid: tailLines: Invalid value: -1: must be greater than or equal to 0',
  );
  await post(api, `${CORE}/pods`, pod("new"));
  expect(await messageAt("new/exec?container=c")).toBe("container c is not valid for pod new");
  expect(await messageAt("new/exec")).toBe("pod new does not have a host assigned");
});

test("a stream is checked against its pod before it is opened", async () => {
  const calls: StreamCall[] = [];
  using api = await startTestApi({
    openStream: async (call) => {
      calls.push(call);
      return new Response("opened");
    },
  });
  await addPod(api);
  const exec = "/api/v1/namespaces/default/pods/web/exec";
  const response = await api.send("POST", `${exec}?command=ls&command=-l&stdout=true`);
  expect(await response.text()).toBe("opened");
  expect(calls[0]?.stream).toMatchObject({
    kind: "exec",
    pod: "web",
    container: "main",
    command: ["ls", "-l"],
    stdin: false,
    stdout: true,
    tty: false,
  });
  expect((await api.send("GET", `${exec}?command=ls`)).status).toBe(400);
  expect((await api.send("GET", exec.replace("web", "nope"))).status).toBe(404);
  expect((await api.send("PUT", exec)).status).toBe(405);
  const forward = new Request(
    "http://edgesite/api/v1/namespaces/default/pods/web/portforward?ports=80",
  );
  const rejected = await api.server.resolveStream(forward).catch((error: unknown) => error);
  expect(api.server.errorResponse(rejected).status).toBe(401);
  const peer = { name: "someone", groups: ["system:masters"] };
  const { stream } = await api.server.resolveStream(forward, { peer });
  expect(stream).toMatchObject({ kind: "portforward", ports: [80] });
});

test("kubectl gets its schema in the one form that it can read", async () => {
  using api = await startTestApi();
  const accept = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";
  const v2 = await api.send("GET", "/openapi/v2?timeout=32s", { accept });
  expect(v2.headers.get("content-type")).toBe(
    "application/com.github.proto-openapi.spec.v2.v1.0+protobuf",
  );
  const json = await api.send("GET", "/openapi/v2", { accept: "application/json" });
  expect((await json.json()) as object).toMatchObject({ swagger: "2.0" });
});

test("a schema asked for by its hash never changes; by another it is elsewhere", async () => {
  using api = await startTestApi();
  const index = (await (await api.send("GET", "/openapi/v3")).json()) as {
    paths: Record<string, { serverRelativeURL: string }>;
  };
  expect(Object.keys(index.paths)).toEqual(Object.keys(index.paths).toSorted());
  for (const path of ["api", "apis", "apis/apps", "version", "openid/v1/jwks"]) {
    const document = await api.send("GET", index.paths[path]?.serverRelativeURL ?? "");
    expect<unknown>(await document.json()).toMatchObject({ paths: { [`/${path}/`]: { get: {} } } });
  }
  const url = index.paths["apis/apps/v1"]?.serverRelativeURL ?? "";
  const response = await api.send("GET", url);
  expect(response.headers.get("cache-control")).toContain("immutable");
  expect(url).toEndWith(`?hash=${response.headers.get("etag")?.replaceAll('"', "")}`);
  const moved = await api.send("GET", "/openapi/v3/apis/apps/v1?hash=OLD");
  expect(moved.status).toBe(301);
  expect(moved.headers.get("location")).toBe(url);
  expect((await api.send("GET", "/openapi/v3/apis/nope/v1")).status).toBe(404);
});
