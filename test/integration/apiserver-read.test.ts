import { expect, test } from "bun:test";
import type { ConfigMap, KubeObject } from "#api/object.ts";
import { CONFIG_MAPS } from "#api/resources.ts";
import { eventually } from "#test/kit/eventually.ts";
import { startTestApi, type TestApi } from "#test/kit/test-api.ts";

const BASE = "/api/v1/namespaces/default/configmaps";

async function addConfigMaps(api: TestApi, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const object: ConfigMap = { metadata: { name, labels: { app: name } }, data: { key: name } };
    await api.verbs.create({ resource: CONFIG_MAPS, namespace: "default" }, object);
  }
}

interface ListBody extends KubeObject {
  readonly reason?: string;
  readonly metadata: { resourceVersion: string; continue?: string; remainingItemCount?: number };
  readonly items: KubeObject[];
  readonly rows?: { readonly cells: unknown[]; readonly object: KubeObject }[];
}

const listOf = async (response: Promise<Response> | Response): Promise<ListBody> =>
  (await (await response).json()) as ListBody;

const namesOf = (list: { items: KubeObject[] }): string[] =>
  list.items.map(({ metadata }) => metadata?.name ?? "");

/** The events of a watch as they come. */
async function* eventsOf(response: Response): AsyncGenerator<{ type: string; object: KubeObject }> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of response.body ?? []) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line !== "") yield JSON.parse(line);
  }
}

test("a list of many is read in pages that all show one moment", async () => {
  using api = await startTestApi();
  await addConfigMaps(api, ["a", "b", "c", "d", "e"]);
  const first = await listOf(api.send("GET", `${BASE}?limit=2`));
  expect(namesOf(first)).toEqual(["a", "b"]);
  expect(first.metadata.remainingItemCount).toBe(3);
  await addConfigMaps(api, ["bb"]);
  const next = encodeURIComponent(first.metadata.continue ?? "");
  const second = await listOf(api.send("GET", `${BASE}?limit=2&continue=${next}`));
  expect(namesOf(second)).toEqual(["c", "d"]);
  expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
  const last = encodeURIComponent(second.metadata.continue ?? "");
  const third = await listOf(api.send("GET", `${BASE}?limit=2&continue=${last}`));
  expect(namesOf(third)).toEqual(["e"]);
  expect(third.metadata.continue).toBeUndefined();
});

test("a page of a list that began too long ago is 410 with a token that goes on from now", async () => {
  using api = await startTestApi();
  await addConfigMaps(api, ["a", "b", "c"]);
  const first = await listOf(api.send("GET", `${BASE}?limit=1`));
  api.clock.advance(6 * 60_000);
  const response = await api.send("GET", `${BASE}?limit=1&continue=${first.metadata.continue}`);
  const status = await listOf(response);
  expect(response.status).toBe(410);
  expect(status.reason).toBe("Expired");
  const rest = await api.send("GET", `${BASE}?continue=${status.metadata.continue}`);
  expect(namesOf(await listOf(rest))).toEqual(["b", "c"]);
  expect(api.clock.alarms).toBe(0);
});

test("selectors narrow a list and forbid to say how many remain", async () => {
  using api = await startTestApi();
  await addConfigMaps(api, ["a", "b", "c"]);
  const list = await listOf(api.send("GET", `${BASE}?limit=1&labelSelector=app+in+(a,b)`));
  expect(namesOf(list)).toEqual(["a"]);
  expect(list.metadata.continue).toBeString();
  expect(list.metadata.remainingItemCount).toBeUndefined();
  const one = await api.send("GET", `${BASE}?fieldSelector=metadata.name%3Dc`);
  expect(namesOf(await listOf(one))).toEqual(["c"]);
});

test.each([
  [`${BASE}?fieldSelector=foo%3Dbar`, 400],
  [`${BASE}?labelSelector=a+b`, 400],
  [`${BASE}?continue=nonsense`, 400],
  [`${BASE}?limit=x`, 400],
  [`${BASE}?resourceVersionMatch=Exact`, 422],
  [`${BASE}?resourceVersion=nonsense`, 400],
  [`${BASE}?watch=true&resourceVersionMatch=Exact`, 422],
  [`${BASE}/nope`, 404],
  ["/api/v1/namespaces/default/foos", 404],
  ["/api/v1/namespaces/default/configmaps/a/b", 404],
])("GET %s is %d", async (path, code) => {
  using api = await startTestApi();
  const response = await api.send("GET", path);
  expect(response.status).toBe(code);
  expect(await response.json()).toMatchObject({ kind: "Status", status: "Failure", code });
});

test("a group that is not served is 404 in text", async () => {
  using api = await startTestApi();
  const response = await api.send("GET", "/apis/nope.example/v1/things");
  expect(response.status).toBe(404);
  expect(await response.text()).toBe("404 page not found\n");
});

test("the bytes of a list are those of its objects, but for their kind, which the list tells", async () => {
  using api = await startTestApi();
  await addConfigMaps(api, ["a", "b"]);
  const list = await listOf(api.send("GET", BASE));
  expect(list).toMatchObject({ kind: "ConfigMapList", apiVersion: "v1" });
  const one = await listOf(api.send("GET", `${BASE}/a`));
  expect(one).toMatchObject({ kind: "ConfigMap", apiVersion: "v1" });
  const { kind: _kind, apiVersion: _version, ...untyped } = one;
  expect(list.items[0]).toEqual(untyped);
});

test("large answers are compressed for those who can read it", async () => {
  using api = await startTestApi();
  const object: ConfigMap = { metadata: { name: "big" }, data: { key: "x".repeat(200_000) } };
  await api.verbs.create({ resource: CONFIG_MAPS, namespace: "default" }, object);
  const response = await api.send("GET", BASE, { headers: { "accept-encoding": "gzip" } });
  expect(response.headers.get("content-encoding")).toBe("gzip");
  const text = new TextDecoder().decode(Bun.gunzipSync(await response.arrayBuffer()));
  expect(JSON.parse(text).items).toHaveLength(1);
});

test("kubectl get gets a Table, a metadata informer gets metadata, and a browser YAML if it likes", async () => {
  using api = await startTestApi();
  await addConfigMaps(api, ["a"]);
  const as = (form: string): string => `application/json;as=${form};v=v1;g=meta.k8s.io`;
  const table = await listOf(api.send("GET", BASE, { accept: as("Table") }));
  expect(table).toMatchObject({ kind: "Table", apiVersion: "meta.k8s.io/v1" });
  expect(table.rows?.[0]?.cells[0]).toBe("a");
  expect(table.rows?.[0]?.object.kind).toBe("PartialObjectMetadata");
  const partial = await api.send("GET", BASE, { accept: as("PartialObjectMetadataList") });
  expect(await partial.json()).toMatchObject({ kind: "PartialObjectMetadataList" });
  const yaml = await api.send("GET", `${BASE}/a`, { accept: "application/yaml" });
  expect(yaml.headers.get("content-type")).toBe("application/yaml");
  expect(await yaml.text()).toContain("kind: ConfigMap");
});

test("a form that cannot be given is 406", async () => {
  using api = await startTestApi();
  const response = await api.send("GET", BASE, { accept: "text/html" });
  expect(response.status).toBe(406);
  expect(await response.json()).toMatchObject({
    reason: "NotAcceptable",
    message:
      "406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, application/vnd.kubernetes.protobuf, application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch",
  });
});

test.each([
  ["", "curl/8.14.1", true],
  ["", "Mozilla/5.0 (X11; Linux x86_64)", true],
  ["", "kubectl/v1.36.0", false],
  ["?pretty=true", "kubectl/v1.36.0", true],
  ["?pretty=false", "curl/8.14.1", false],
])("answers are for people where people read them: %p to %p", async (query, agent, isPretty) => {
  using api = await startTestApi();
  await addConfigMaps(api, ["a"]);
  for (const path of [BASE, `${BASE}/a`, `${BASE}/b`]) {
    const answer = await api.send("GET", path + query, { headers: { "user-agent": agent } });
    const text = await answer.text();
    const value: unknown = JSON.parse(text);
    const flat = JSON.stringify(value);
    expect(text.trimEnd()).toBe(isPretty ? JSON.stringify(value, null, 2) : flat);
  }
});

test("what has no metadata is no Table", async () => {
  using api = await startTestApi();
  const response = await api.send("POST", `/api/v1/namespaces/default/pods/a/eviction`, {
    body: { metadata: { name: "a" } },
    accept: "application/json;as=Table;v=v1;g=meta.k8s.io",
  });
  expect(response.status).toBe(406);
});

test("a watch begins with what is there, goes on with what changes, and ends when it is left", async () => {
  using api = await startTestApi();
  await addConfigMaps(api, ["a"]);
  const before = api.store.subscriptions;
  const leave = new AbortController();
  const response = await api.send("GET", `${BASE}?watch=1`, { signal: leave.signal });
  expect(response.headers.get("content-type")).toBe("application/json");
  const events = eventsOf(response);
  expect((await events.next()).value).toMatchObject({ type: "ADDED" });
  await addConfigMaps(api, ["b"]);
  expect((await events.next()).value).toMatchObject({
    type: "ADDED",
    object: { metadata: { name: "b" } },
  });
  await api.verbs.delete({ resource: CONFIG_MAPS, namespace: "default", name: "b" });
  expect((await events.next()).value).toMatchObject({ type: "DELETED" });
  leave.abort();
  await events.next().catch(() => undefined);
  expect(api.store.subscriptions).toBe(before);
});

test("a watch of nothing ends with its connection", async () => {
  using api = await startTestApi();
  const peer = { name: "test", groups: ["system:masters"] };
  using server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    idleTimeout: 0,
    fetch: (request) => api.server.fetch(request, { peer }),
  });
  const before = api.store.subscriptions;
  const leave = new AbortController();
  const url = new URL(`${BASE}?watch=1`, server.url);
  const answer = fetch(url, { signal: leave.signal }).catch(() => "left");
  await eventually(() => api.store.subscriptions === before + 1);
  leave.abort();
  await eventually(() => api.store.subscriptions === before);
  expect(await answer).toBe("left");
});

test("objects enter and leave a selection as ADDED and DELETED", async () => {
  using api = await startTestApi();
  await addConfigMaps(api, ["a"]);
  const events = eventsOf(
    await api.send("GET", `${BASE}?watch=1&labelSelector=app%3Da&timeoutSeconds=60`),
  );
  expect((await events.next()).value).toMatchObject({ type: "ADDED" });
  const target = { resource: CONFIG_MAPS, namespace: "default", name: "a" };
  const withLabel = (app: string): ConfigMap => ({ metadata: { name: "a", labels: { app } } });
  await api.verbs.update(target, withLabel("other"));
  expect((await events.next()).value).toMatchObject({
    type: "DELETED",
    // As it was last seen: it went out of sight, not away.
    object: { metadata: { labels: { app: "a" } } },
  });
  await api.verbs.update(target, withLabel("a"));
  expect((await events.next()).value).toMatchObject({ type: "ADDED" });
  api.clock.advance(60_000);
  expect((await events.next()).done).toBe(true);
});

test("a watch from before history is an ERROR event", async () => {
  using api = await startTestApi();
  await addConfigMaps(api, ["a"]);
  const from = api.store.resourceVersion - 1;
  api.store.expire();
  const response = await api.send("GET", `${BASE}?watch=1&resourceVersion=${from}`);
  expect(response.status).toBe(200);
  const events = eventsOf(response);
  expect((await events.next()).value).toMatchObject({
    type: "ERROR",
    object: { kind: "Status", code: 410, reason: "Expired" },
  });
  expect((await events.next()).done).toBe(true);
});

test("an informer that asks for initial events is told where they end, and reminded every minute", async () => {
  using api = await startTestApi();
  await addConfigMaps(api, ["a"]);
  const query =
    "watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
  const leave = new AbortController();
  const events = eventsOf(await api.send("GET", `${BASE}?${query}`, { signal: leave.signal }));
  expect((await events.next()).value).toMatchObject({ type: "ADDED" });
  expect((await events.next()).value).toEqual({
    type: "BOOKMARK",
    object: {
      kind: "ConfigMap",
      apiVersion: "v1",
      metadata: {
        resourceVersion: String(api.store.resourceVersion),
        annotations: { "k8s.io/initial-events-end": "true" },
      },
    },
  });
  api.clock.advance(60_000);
  expect((await events.next()).value).toMatchObject({ type: "BOOKMARK" });
  leave.abort();
  await events.next().catch(() => undefined);
  expect(api.clock.alarms).toBe(0);
});

test("a watcher that reads nothing is cut off and holds nothing", async () => {
  using api = await startTestApi();
  const before = api.store.subscriptions;
  const response = await api.send("GET", `${BASE}?watch=1`);
  const target = { resource: CONFIG_MAPS, namespace: "default" };
  const big = "x".repeat(900_000);
  for (let index = 0; index < 12; index++) {
    await api.verbs.create(target, {
      metadata: { name: `big-${index}` },
      data: { big },
    } as ConfigMap);
  }
  expect(api.store.subscriptions).toBe(before);
  expect(await response.bytes().catch((error: Error) => error.message)).toContain("too slow");
});

test("a Table watch describes its columns once", async () => {
  using api = await startTestApi();
  await addConfigMaps(api, ["a", "b"]);
  const accept = "application/json;as=Table;v=v1;g=meta.k8s.io";
  const events = eventsOf(await api.send("GET", `${BASE}?watch=1&timeoutSeconds=1`, { accept }));
  const first = (await events.next()).value?.object as { columnDefinitions?: unknown };
  expect(first.columnDefinitions).toBeArray();
  const second = (await events.next()).value?.object as { columnDefinitions?: unknown };
  expect(second.columnDefinitions).toBeNull();
});

test("legacy paths below /watch/ watch too", async () => {
  using api = await startTestApi();
  await addConfigMaps(api, ["a", "b"]);
  const path = "/api/v1/watch/namespaces/default/configmaps/b?timeoutSeconds=1";
  const events = eventsOf(await api.send("GET", path));
  expect((await events.next()).value).toMatchObject({ object: { metadata: { name: "b" } } });
});
