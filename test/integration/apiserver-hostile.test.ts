import { afterEach, beforeEach, expect, test } from "bun:test";
import { SECRETS } from "#api/resources.ts";
import { type Logger, silentLogger } from "#lib/log.ts";
import { rejection } from "#test/kit/eventually.ts";
import { ADMIN_TOKEN, startTestApi, type TestApi } from "#test/kit/test-api.ts";

const PLANTED = "planted-in-a-secret";
const SECRET = "/api/v1/namespaces/default/secrets/s";
const CONFIG_MAPS = "/api/v1/namespaces/default/configmaps";
let lines: string[];
let api: TestApi;

beforeEach(async () => {
  lines = [];
  const write = (message: string, fields?: unknown): void =>
    void lines.push(`${message} ${Bun.inspect(fields)}`);
  const log: Logger = { ...silentLogger, debug: write, info: write, warn: write, error: write };
  api = await startTestApi({ log });
  await api.verbs.create(
    { resource: SECRETS, namespace: "default" },
    { metadata: { name: "s" }, ...{ data: { k: btoa(PLANTED) } } },
  );
});
afterEach(() => api[Symbol.dispose]());

test("what a client did wrong with a Secret is not in the log", async () => {
  const wrong = [
    api.send("PATCH", SECRET, {
      type: "application/json-patch+json",
      body: [{ op: "test", path: "/data/k", value: PLANTED }],
    }),
    api.send("PATCH", SECRET, {
      type: "application/merge-patch+json",
      body: { data: { k: { [PLANTED]: 1 } } },
    }),
    api.send("PUT", SECRET, { body: { metadata: { name: "s" }, data: { k: `${PLANTED}!!` } } }),
    api.send("PUT", SECRET, { body: `{"data": {"k": "${PLANTED}` }),
  ];
  for (const response of await Promise.all(wrong)) expect(response.status).toBeOneOf([400, 422]);
  expect(lines).toEqual([]);
});

test("a client that goes away in the middle of its request is no error", async () => {
  const leaving = new AbortController();
  const body = new ReadableStream({
    pull(controller) {
      leaving.abort();
      controller.error(new DOMException("The connection was closed.", "AbortError"));
    },
  });
  const headers = { authorization: `Bearer ${ADMIN_TOKEN}`, "content-type": "application/json" };
  const request = new Request(`http://edgesite${CONFIG_MAPS}`, {
    method: "POST",
    headers,
    body,
    signal: leaving.signal,
  });
  expect((await api.server.fetch(request)).status).toBe(400);
  expect(lines).toEqual([]);
});

test("a watch ends in peace when the server begins to stop", async () => {
  const stopping = new AbortController();
  const headers = { authorization: `Bearer ${ADMIN_TOKEN}` };
  const request = new Request(`http://edgesite${CONFIG_MAPS}?watch=1`, { headers });
  const response = await api.server.fetch(request, { stopping: stopping.signal });
  const open = api.store.subscriptions;
  stopping.abort();
  expect((await response.text()).trim()).toBe("");
  expect(api.store.subscriptions).toBe(open - 1);
});

test("a watch that is opened and closed leaves no subscription and no alarm", async () => {
  const before = { subscriptions: api.store.subscriptions, alarms: api.clock.alarms };
  for (let round = 0; round < 200; round++) {
    const leaving = new AbortController();
    const path = `${CONFIG_MAPS}?watch=1&allowWatchBookmarks=true&timeoutSeconds=${(round % 3) - 1}`;
    const response = await api.send("GET", path, { signal: leaving.signal });
    const { body } = response;
    if (round % 2 === 0) leaving.abort();
    else await body?.cancel();
  }
  expect({ subscriptions: api.store.subscriptions, alarms: api.clock.alarms }).toEqual(before);
});

test("a body that is too large is heard out, so that its sender hears the answer", async () => {
  let sent = 0;
  const body = new ReadableStream({
    pull(controller) {
      if (sent >= 4 * 1024 * 1024) return controller.close();
      sent += 64 * 1024;
      controller.enqueue(new Uint8Array(64 * 1024));
    },
  });
  const headers = { authorization: `Bearer ${ADMIN_TOKEN}`, "content-type": "application/json" };
  const request = new Request(`http://edgesite${CONFIG_MAPS}`, { method: "POST", headers, body });
  expect((await api.server.fetch(request)).status).toBe(413);
  expect(sent).toBe(4 * 1024 * 1024);
});

test("401 comes before anything is looked at", async () => {
  for (const path of ["/", "/api", "/openapi/v2", "/nope", CONFIG_MAPS, `${CONFIG_MAPS}?limit=x`]) {
    const headers = { authorization: "Bearer nobody" };
    const response = await api.server.fetch(new Request(`http://edgesite${path}`, { headers }));
    expect([path, response.status]).toEqual([path, 401]);
  }
  const unread = new ReadableStream({
    pull: () => Promise.reject(new Error("The body was read")),
  });
  const request = new Request(`http://edgesite${CONFIG_MAPS}`, { method: "POST", body: unread });
  expect((await api.server.fetch(request)).status).toBe(401);
  expect(lines).toEqual([]);
});

test("finalizers cannot be added to what is going, and the last one lets it go", async () => {
  const configMap = { metadata: { name: "held", finalizers: ["example.com/a"] } };
  await api.send("POST", CONFIG_MAPS, { body: configMap });
  const path = `${CONFIG_MAPS}/held`;
  expect((await api.send("DELETE", path)).status).toBe(200);
  const merge = (finalizers: readonly string[] | null) =>
    api.send("PATCH", path, {
      type: "application/merge-patch+json",
      body: { metadata: { finalizers } },
    });
  expect((await merge(["example.com/a", "example.com/b"])).status).toBe(422);
  expect((await merge(null)).status).toBe(200);
  expect((await api.send("GET", path)).status).toBe(404);
});

test("a PUT from an older version conflicts, whatever else it says", async () => {
  await api.send("POST", CONFIG_MAPS, { body: { metadata: { name: "c" } } });
  const path = `${CONFIG_MAPS}/c`;
  const read = await (await api.send("GET", path)).text();
  const put = (data: object) => {
    const { metadata } = JSON.parse(read);
    return api.send("PUT", path, { body: { metadata, data } });
  };
  const codes = await Promise.all([put({ a: "1" }), put({ a: "2" }), put({ a: "3" })]);
  expect(codes.map(({ status }) => status).toSorted()).toEqual([200, 409, 409]);
});

test("names that are generated at once differ", async () => {
  const body = { metadata: { generateName: "web-" } };
  const answers = await Promise.all(
    Array.from({ length: 300 }, () => api.send("POST", CONFIG_MAPS, { body })),
  );
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
});

test("the store's failure is our error: 500 with the reason, logged, and nothing stored", async () => {
  api.store.failNextCommit(new Error("disk I/O error at /var/lib/x"));
  const response = await api.send("POST", CONFIG_MAPS, { body: { metadata: { name: "lost" } } });
  expect(response.status).toBe(500);
  expect(await response.text()).toContain("disk I/O error");
  expect(lines.join()).toContain("disk I/O error");
  expect((await api.send("GET", `${CONFIG_MAPS}/lost`)).status).toBe(404);
  await rejection(api.verbs.get({ resource: SECRETS, namespace: "default", name: "lost" }));
});
