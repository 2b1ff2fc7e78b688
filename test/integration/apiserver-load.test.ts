import { expect, test } from "bun:test";
import type { LogRequest } from "#api/node-streams.ts";
import { eventually } from "#test/kit/eventually.ts";
import { startTestApi, type TestApi } from "#test/kit/test-api.ts";

const LIMITS = { readOnly: 2, mutating: 1, timeoutMs: 60_000 };
const CONFIG_MAPS = "/api/v1/namespaces/default/configmaps";
/** Somebody who may do everything and is no superuser. */
const peer = { name: "jane", groups: ["system:authenticated"] };

async function startApi(): Promise<TestApi> {
  const api = await startTestApi({ limits: LIMITS });
  const made = await api.send("POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", {
    body: {
      metadata: { name: "jane" },
      roleRef: {
        apiGroup: "rbac.authorization.k8s.io",
        kind: "ClusterRole",
        name: "cluster-admin",
      },
      subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "jane" }],
    },
  });
  expect(made.status).toBe(201);
  return api;
}

/** A POST whose body does not end before `finish`. */
function slowPost(api: TestApi, name: string) {
  const body = Promise.withResolvers<void>();
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      await body.promise;
      controller.enqueue(Buffer.from(JSON.stringify({ metadata: { name } })));
      controller.close();
    },
  });
  const request = new Request(`http://edgesite${CONFIG_MAPS}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: stream,
  });
  return { answer: api.server.fetch(request, { peer }), finish: () => body.resolve() };
}

const as = (api: TestApi, line: string, body?: object) => {
  const [method = "", path = ""] = line.split(" ");
  return api.server.fetch(
    new Request(`http://edgesite${path}`, {
      method,
      headers: { "content-type": "application/json" },
      ...(body && { body: JSON.stringify(body) }),
    }),
    { peer },
  );
};

test("too many writes at once are turned away; reads, watches and superusers are let in", async () => {
  using api = await startApi();
  const slow = slowPost(api, "slow");
  const refused = await as(api, `POST ${CONFIG_MAPS}`, { metadata: { name: "one" } });
  expect(refused.status).toBe(429);
  expect(refused.headers.get("retry-after")).toBe("1");
  expect(refused.headers.get("content-type")).toBe("text/plain; charset=utf-8");
  expect(await refused.text()).toBe("Too many requests, please try again later.\n");
  expect((await as(api, `GET ${CONFIG_MAPS}`)).status).toBe(200);
  const byAdmin = await api.send("POST", CONFIG_MAPS, { body: { metadata: { name: "two" } } });
  expect(byAdmin.status).toBe(201);
  slow.finish();
  expect((await slow.answer).status).toBe(201);
  expect((await as(api, `POST ${CONFIG_MAPS}`, { metadata: { name: "one" } })).status).toBe(201);
  const metrics = await (await api.send("GET", "/metrics")).text();
  expect(metrics).toContain('apiserver_dropped_requests_total{request_kind="mutating"} 1\n');
  expect(metrics).toContain('apiserver_current_inflight_requests{request_kind="mutating"} 0\n');
});

test("what is long by nature takes nobody's place", async () => {
  using api = await startApi();
  const stop = new AbortController();
  for (let count = 0; count < 5; count++) {
    const request = new Request(`http://edgesite${CONFIG_MAPS}?watch=1`, { signal: stop.signal });
    expect((await api.server.fetch(request, { peer })).status).toBe(200);
  }
  expect((await as(api, `GET ${CONFIG_MAPS}`)).status).toBe(200);
  const metrics = await (await api.send("GET", "/metrics")).text();
  expect(metrics).toContain('apiserver_registered_watchers{group="",resource="configmaps"} 5\n');
  stop.abort();
});

test("a request that takes too long is answered 504, and its work goes on", async () => {
  using api = await startApi();
  const slow = slowPost(api, "late");
  await Bun.sleep(1);
  api.clock.advance(61_000);
  const answer = await slow.answer;
  expect(answer.status).toBe(504);
  expect(await answer.json()).toEqual({
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message: "Timeout: request did not complete within the allotted timeout",
    reason: "Timeout",
    details: {},
    code: 504,
  });
  slow.finish();
  await eventually(async () => (await as(api, `GET ${CONFIG_MAPS}/late`)).status === 200);
});

test.each([
  ["timeout=nonsense", 400],
  ["timeout=-1s", 400],
  ["timeout=10", 400],
  ["timeout=1m30s", 200],
  ["timeout=0", 200],
  ["timeout=", 200],
])("a time limit in the URL: %s is %p", async (query, status) => {
  using api = await startApi();
  const answer = await as(api, `GET ${CONFIG_MAPS}?${query}`);
  expect(answer.status).toBe(status);
  if (status === 400) {
    expect(await answer.json()).toMatchObject({
      reason: "BadRequest",
      message: "invalid timeout specified in the request URL",
    });
  }
});

test("a client may ask for less time than there is", async () => {
  using api = await startTestApi({
    nodeStreams: { logs: (_: LogRequest) => Promise.reject(new Error("unused")) },
  });
  const body = new ReadableStream<Uint8Array>({ pull: () => new Promise(() => undefined) });
  const request = new Request(`http://edgesite${CONFIG_MAPS}?timeout=2s`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: "Bearer a-token-for-tests" },
    body,
  });
  const answer = api.server.fetch(request);
  await Bun.sleep(1);
  api.clock.advance(2500);
  expect((await answer).status).toBe(504);
});

test("requests are counted by what they are about", async () => {
  using api = await startTestApi();
  await api.send("POST", CONFIG_MAPS, { body: { metadata: { name: "a" } } });
  await api.send("POST", `${CONFIG_MAPS}?dryRun=All`, { body: { metadata: { name: "b" } } });
  await api.send("GET", CONFIG_MAPS);
  await api.send("GET", "/api/v1/configmaps");
  await api.send("GET", `${CONFIG_MAPS}/a`);
  await api.send("GET", `${CONFIG_MAPS}/none`);
  await api.send("DELETE", CONFIG_MAPS);
  await api.send("GET", "/version");
  await api.send("GET", "/livez");
  const answer = await api.send("GET", "/metrics");
  expect(answer.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  const text = await answer.text();
  const counted = (verb: string, scope: string, { code = 200, dryRun = "" } = {}) =>
    `apiserver_request_total{verb="${verb}",dry_run="${dryRun}",group="",version="v1",resource="configmaps",subresource="",scope="${scope}",component="apiserver",code="${code}"} 1\n`;
  expect(text).toContain(counted("POST", "resource", { code: 201 }));
  expect(text).toContain(counted("POST", "resource", { code: 201, dryRun: "All" }));
  expect(text).toContain(
    'apiserver_request_total{verb="GET",dry_run="",group="",version="",resource="",subresource="/livez",scope="",component="",code="200"} 1\n',
  );
  expect(text).toContain(counted("LIST", "namespace"));
  expect(text).toContain(counted("LIST", "cluster"));
  expect(text).toContain(counted("GET", "resource"));
  expect(text).toContain(counted("GET", "resource", { code: 404 }));
  expect(text).toContain(counted("DELETECOLLECTION", "namespace"));
  expect(text).toContain('apiserver_resource_objects{group="",resource="configmaps"} 0\n');
  expect(text).toContain('apiserver_storage_objects{resource="configmaps"} 0\n');
  expect(text).toContain(
    'apiserver_storage_objects{resource="clusterroles.rbac.authorization.k8s.io"} ',
  );
  expect(text).toContain('kubernetes_build_info{major="1",minor="36",git_version="v1.36.0');
  expect(text).toContain('authentication_attempts{result="success"} 8\n');
  expect(text).toContain('authorization_attempts_total{result="allowed"} 8\n');
  expect(text).toMatch(
    /apiserver_request_duration_seconds_count\{verb="LIST",.*scope="cluster".*\} 1\n/,
  );
});

test("metrics are for those who may read them", async () => {
  using api = await startTestApi();
  const request = () => new Request("http://edgesite/metrics");
  expect((await api.server.fetch(request())).status).toBe(401);
  expect((await api.server.fetch(request(), { peer })).status).toBe(403);
  const monitor = { name: "prometheus", groups: ["system:monitoring", "system:authenticated"] };
  expect((await api.server.fetch(request(), { peer: monitor })).status).toBe(200);
});
