import { expect, test } from "bun:test";
import { CONFIG_MAPS, NODES, PODS } from "#api/resources.ts";
import { notFound } from "#api/status.ts";
import { createBus } from "#bus/create-bus.ts";
import { type Message, newMessage, withSync } from "#bus/message.ts";
import { supervise } from "#bus/supervisor.ts";
import type { Client } from "#client/client.ts";
import { silentLogger } from "#lib/log.ts";
import { eventually } from "#test/kit/eventually.ts";
import { createInProcessApi } from "#test/kit/in-process-api.ts";
import { createEdgeController, type EdgeControllerOptions } from "./edge-controller.ts";
import { DEFAULT_BUFFERS, DEFAULT_LOAD } from "./limits.ts";

/** The module on a bus, over an API that a test may hold up. */
class Running implements AsyncDisposable {
  readonly bus = createBus({ log: silentLogger });
  readonly warnings: unknown[] = [];
  readonly client: Client;
  readonly #stop: AbortController;
  readonly #running: Promise<void>;

  private constructor(
    { client, ...api }: Awaited<ReturnType<typeof createInProcessApi>>,
    stop: AbortController,
    more: Partial<EdgeControllerOptions>,
  ) {
    this.client = client;
    this.#stop = stop;
    const log = {
      ...silentLogger,
      warn: (_text: string, fields?: object) => this.warnings.push(fields),
      child: () => log,
    };
    const { bus } = this;
    const module = createEdgeController({ bus, client, ...api, log, nodeName: "edge", ...more });
    this.#running = supervise([module], { signal: stop.signal });
  }

  static async start(
    more: (client: Client) => Partial<EdgeControllerOptions> = () => ({}),
  ): Promise<Running> {
    const stop = new AbortController();
    const api = await createInProcessApi(stop.signal);
    return new Running(api, stop, more(api.client));
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  queue(module = "edgecontroller") {
    return this.bus.stats().find((one) => one.module === module);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }
}

const message = (operation: string, resource: string, content: unknown = null): Message =>
  newMessage({ source: "edged", group: "meta", operation, resource, content });

test("so many are worked on as load says, so many wait as buffer says, the others on the bus", async () => {
  const gate = Promise.withResolvers<void>();
  let atOnce = 0;
  await using site = await Running.start((client) => ({
    buffer: { ...DEFAULT_BUFFERS, deletePod: 3 },
    load: { ...DEFAULT_LOAD, deletePodWorkers: 2 },
    client: {
      ...client,
      async delete() {
        atOnce += 1;
        await gate.promise;
        throw notFound({ resource: PODS, name: "web" });
      },
    },
  }));
  for (let index = 0; index < 10; index += 1) {
    const deletion = message("delete", `default/pod/web-${index}`, `uid-${index}`);
    await site.bus.send("edgecontroller", deletion, site.signal);
  }
  await eventually(() => site.queue()?.size === 5 && atOnce === 2);
  gate.resolve();
  await eventually(() => site.queue()?.size === 0);
});

test("a query waits for one of its own kind, and for no other", async () => {
  const gate = Promise.withResolvers<void>();
  await using site = await Running.start((client) => ({
    load: { ...DEFAULT_LOAD, queryConfigMapWorkers: 1 },
    client: {
      ...client,
      async get(resource, key) {
        if (resource.kind === CONFIG_MAPS.kind) await gate.promise;
        return client.get(resource, key);
      },
    },
  }));
  await site.client.create(NODES, { metadata: { name: "edge" } });
  const ask = (resource: string) =>
    site.bus.sendSync("edgecontroller", message("query", resource), { signal: site.signal });
  const held = [ask("default/configmap/a"), ask("default/configmap/b")];
  expect((await ask("default/node/edge")).content).toMatchObject({ metadata: { name: "edge" } });
  gate.resolve();
  for (const answer of await Promise.all(held)) expect(answer.route.operation).toBe("error");
});

test("the context names the modules around it, and itself", async () => {
  const context = { sendModule: "down", receiveModule: "own", responseModule: "answers" };
  await using site = await Running.start(() => ({ context }));
  for (const name of [context.sendModule, context.responseModule]) site.bus.addModule(name);
  expect(site.queue("own")?.groups).toEqual(["edgecontroller"]);
  await site.client.create(PODS, {
    metadata: { namespace: "default", name: "web" },
    spec: { nodeName: "edge", containers: [{ name: "c", image: "busybox" }] },
  });
  let pod: Message;
  do pod = await site.bus.receive("down", site.signal);
  while (pod.route.resource !== "default/pod/web");
  const query = message("query", "default/pod/web");
  await site.bus.send("own", query, site.signal);
  const answer = await site.bus.receive("answers", site.signal);
  expect(answer.header.parent_msg_id).toBe(query.header.msg_id);
});

test("without a module to send to it goes on, and says so once", async () => {
  await using site = await Running.start();
  for (const name of ["a", "b"]) {
    await site.client.create(CONFIG_MAPS, { metadata: { namespace: "default", name } });
  }
  const nonsense = withSync(message("update", "default/nodestatus/edge", "nonsense"), true);
  const answer = await site.bus.sendSync("edgecontroller", nonsense, { signal: site.signal });
  expect(answer.content).toBe("Cannot read a node's status from a message without one");
  expect(site.warnings).toEqual([
    { to: "metaManager" },
    expect.objectContaining({ resource: "default/nodestatus/edge" }),
  ]);
});

test("a heartbeat that is older than nodeUpdateFrequency counts from when it arrived", async () => {
  await using site = await Running.start(() => ({ heartbeatMs: 10_000 }));
  const heartbeat = (lastHeartbeatTime: string) => ({
    metadata: { name: "edge" },
    status: { conditions: [{ type: "Ready", status: "True", lastHeartbeatTime }] },
  });
  const times: unknown[] = [];
  for (const time of ["2029-12-31T23:59:55Z", "1970-01-01T00:00:00Z"]) {
    const report = message("insert", "default/nodestatus/edge", heartbeat(time));
    await site.bus.sendSync("edgecontroller", report, { signal: site.signal });
    const { status } = await site.client.get(NODES, { namespace: "", name: "edge" });
    times.push(status?.conditions?.[0]?.lastHeartbeatTime);
  }
  expect(times).toEqual(["2029-12-31T23:59:55Z", "2030-01-01T00:00:00Z"]);
});
