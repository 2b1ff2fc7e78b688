import { expect, test } from "bun:test";
import { newMessage } from "#bus/message.ts";
import { EdgeSide } from "#test/kit/edge-side.ts";
import { createTestManager, type TestManager } from "#test/kit/test-manager.ts";

const pod = {
  metadata: { name: "web", uid: "u" },
  spec: { containers: [{ name: "c", image: "busybox" }] },
};

/** dbTest beside metaManager, with a test that plays edged. */
class Driven implements AsyncDisposable {
  readonly edge = new EdgeSide();
  readonly manager: TestManager = createTestManager({ bus: this.edge.bus, port: 0 });
  readonly #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();

  async start(): Promise<void> {
    const { signal } = this.#stop;
    await new Promise<void>((ready) => {
      this.#running = this.manager.module.run({ signal, deadline: signal, ready });
    });
  }

  send(method: string, path: string, body?: unknown): Promise<Response> {
    const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
    return fetch(new URL(path, this.manager.url), init);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
    await this.edge[Symbol.asyncDispose]();
  }
}

test("drives pods over KubeEdge's paths with no API server", async () => {
  await using driven = new Driven();
  await driven.start();
  const { edge } = driven;
  const ends: unknown[] = [];
  while (ends.length < 5) ends.push((await edge.next("edged")).route.resource);
  expect(ends).toEqual(["all/node", "all/configmap", "all/secret", "all/runtimeclass", "all/pod"]);

  expect((await driven.send("PUT", "/pods", pod)).status).toBe(200);
  const inserted = await edge.next("edged");
  expect(inserted.route).toEqual({
    source: "edgecontroller",
    group: "resource",
    operation: "insert",
    resource: "default/pod/web",
  });

  const status = { UID: "u", Name: "web", Status: { phase: "Running" } };
  const report = newMessage({
    source: "edged",
    group: "meta",
    operation: "update",
    resource: "default/podstatus/web",
    content: status,
  });
  await edge.bus.sendSync("metaManager", { ...report }, { signal: edge.signal });
  const list = await (await driven.send("GET", "/pods")).json();
  expect(list).toMatchObject({
    kind: "PodList",
    items: [{ metadata: { name: "web" }, status: { phase: "Running" } }],
  });

  expect((await driven.send("DELETE", "/pods", pod)).status).toBe(200);
  expect((await edge.next("edged")).route.operation).toBe("delete");
  expect(edge.store.keys).toEqual([]);
});

test.each(["configmap", "secret"])("POST, PUT and DELETE a %s", async (type) => {
  await using driven = new Driven();
  await driven.start();
  for (const [method, keys] of [
    ["POST", [`default/${type}/web`]],
    ["PUT", [`default/${type}/web`]],
    ["DELETE", []],
  ] as const) {
    const { status } = await driven.send(method, `/${type}`, { metadata: { name: "web" } });
    expect(status).toBe(200);
    expect(driven.edge.store.keys).toEqual([...keys]);
  }
});

test("refuses other paths, other verbs and what is not JSON", async () => {
  await using driven = new Driven();
  await driven.start();
  expect((await driven.send("GET", "/nothing")).status).toBe(404);
  expect((await driven.send("POST", "/pods", pod)).status).toBe(405);
  expect((await driven.send("PUT", "/secret")).status).toBe(400);
});
