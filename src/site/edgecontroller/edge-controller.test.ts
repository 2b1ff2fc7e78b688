import { describe, expect, test } from "bun:test";
import type { Node, Pod, PodCondition, PodSpec, PodStatus } from "#api/object.ts";
import {
  CONFIG_MAPS,
  ENDPOINT_SLICES,
  EVENTS,
  LEASES,
  NODES,
  PODS,
  SECRETS,
  SERVICES,
} from "#api/resources.ts";
import type { LocalBus } from "#bus/bus.ts";
import { createBus } from "#bus/create-bus.ts";
import { type Message, newMessage } from "#bus/message.ts";
import type { Client } from "#client/client.ts";
import { must } from "#lib/errors.ts";
import { type Logger, silentLogger } from "#lib/log.ts";
import { golden } from "#test/kit/edge-side.ts";
import { rejection } from "#test/kit/eventually.ts";
import { createInProcessApi, type InProcessApi } from "#test/kit/in-process-api.ts";
import { cloudRoute } from "./down-route.ts";
import { createEdgeController, type EdgeControllerOptions } from "./edge-controller.ts";

const NODE = "edge";
const EDGE = { "node-role.kubernetes.io/edge": "" };
const LISTS = ["node", "service", "endpoints", "endpointslice", "configmap", "secret", "pod"];

/** edgecontroller between the real registry and a test that plays metaManager. */
class Site implements AsyncDisposable {
  readonly bus: LocalBus;
  readonly api: InProcessApi;
  readonly warnings: unknown[] = [];
  readonly #stop: AbortController;
  readonly #running: Promise<void>;

  private constructor(
    api: InProcessApi,
    stop: AbortController,
    more: Partial<EdgeControllerOptions>,
  ) {
    this.api = api;
    this.#stop = stop;
    this.bus = createBus({ log: silentLogger });
    for (const name of ["edgecontroller", "metaManager", "cloudhub"]) this.bus.addModule(name);
    const log: Logger = {
      ...silentLogger,
      warn: (_text, fields) => this.warnings.push(fields),
      child: () => log,
    };
    const options = { bus: this.bus, ...api, timer: api.clock, nodeName: NODE, log, ...more };
    const { signal } = stop;
    this.#running = createEdgeController(options).run({
      signal,
      deadline: signal,
      ready: () => undefined,
    });
  }

  /** Starts on an API in which `prepare` has put something. */
  static async start(
    prepare: (client: Client) => Promise<unknown> = () => Promise.resolve(),
    more: Partial<EdgeControllerOptions> = {},
  ): Promise<Site> {
    const stop = new AbortController();
    const api = await createInProcessApi(stop.signal);
    await prepare(api.client);
    return new Site(api, stop, more);
  }

  get client(): Client {
    return this.api.client;
  }

  next(module = "metaManager"): Promise<Message> {
    return this.bus.receive(module, this.#stop.signal);
  }

  /** `operation resource` of what comes until all lists were sent. */
  async lists(module = "metaManager"): Promise<string[]> {
    const lines: string[] = [];
    for (let ends = 0; ends < LISTS.length; ) {
      const { operation, resource } = (await this.next(module)).route;
      lines.push(`${operation} ${resource}`);
      if (operation === "list-end") ends += 1;
    }
    return lines;
  }

  tell(operation: string, resource: string, content: unknown = null): Promise<void> {
    const message = newMessage({ source: "edged", group: "meta", operation, resource, content });
    return this.bus.send("edgecontroller", message, this.#stop.signal);
  }

  ask(operation: string, resource: string, content: unknown = null): Promise<Message> {
    const message = newMessage({ source: "edged", group: "meta", operation, resource, content });
    const options = { signal: this.#stop.signal, timeoutMs: 2_000 };
    return this.bus.sendSync("edgecontroller", message, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }
}

const spec: PodSpec = { nodeName: NODE, containers: [{ name: "c", image: "busybox" }] };
const pod = (name: string, more: Partial<PodSpec> = {}): Pod => ({
  metadata: { namespace: "default", name },
  spec: { ...spec, ...more },
});
const configMap = (name: string, value: string): object => ({
  metadata: { namespace: "default", name },
  data: { value },
});
const uses = (name: string): Partial<PodSpec> => ({
  volumes: [{ name: "v", configMap: { name } }],
});

describe("downstream", () => {
  test("sends each kind as a full list with an end mark, to a node that is not registered yet", async () => {
    await using site = await Site.start();
    expect(await site.lists()).toEqual(LISTS.map((type) => `list-end all/${type}`));
  });

  test("sends what pods refer to before the pods, and names all in the end marks", async () => {
    await using site = await Site.start(async (client) => {
      await client.create(CONFIG_MAPS, configMap("used", "1"));
      await client.create(CONFIG_MAPS, configMap("unused", "1"));
      await client.create(PODS, pod("web", uses("used")));
      await client.create(PODS, pod("elsewhere", { nodeName: "other" }));
    });
    const messages: Message[] = [];
    while (messages.at(-1)?.route.resource !== "all/pod") messages.push(await site.next());
    expect(messages.map(({ route }) => `${route.operation} ${route.resource}`)).toEqual([
      "list-end all/node",
      "list-end all/service",
      "list-end all/endpoints",
      "list-end all/endpointslice",
      "update default/configmap/used",
      "list-end all/configmap",
      "list-end all/secret",
      "insert default/pod/web",
      "list-end all/pod",
    ]);
    expect(messages.at(-1)?.content).toEqual({ keys: ["default/web"] });
    const sent = must(messages.at(-2), "the pod");
    expect(sent.route).toMatchObject({ source: "edgecontroller", group: "resource" });
    expect(sent.header.resourceversion).toBe((sent.content as Pod).metadata?.resourceVersion);
    expect(sent.content).toBe(await site.client.get(PODS, { namespace: "default", name: "web" }));
  });

  test("syncPod: insert, update, nothing for a status, delete", async () => {
    await using site = await Site.start();
    await site.lists();
    const created = await site.client.create(PODS, pod("web"));
    expect(golden(await site.next())).toEqual({
      operation: "insert",
      resource: "default/pod/web",
      content: created,
    });
    const running = await site.client.updateStatus(PODS, {
      ...created,
      status: { phase: "Running" },
    });
    const metadata = { ...running.metadata, labels: { a: "b" } };
    const labelled = await site.client.update(PODS, { ...running, metadata });
    expect(golden(await site.next())).toEqual({
      operation: "update",
      resource: "default/pod/web",
      content: labelled,
    });
    await site.client.delete(
      PODS,
      { namespace: "default", name: "web" },
      { gracePeriodSeconds: 0 },
    );
    expect(golden(await site.next())).toMatchObject({
      operation: "delete",
      resource: "default/pod/web",
    });
  });

  test("syncPod: a graceful delete is an update, also as the first thing a node hears", async () => {
    const key = { namespace: "default", name: "web" };
    await using site = await Site.start(async (client) => {
      await client.create(PODS, pod("web"));
      await client.delete(PODS, key, { gracePeriodSeconds: 30 });
    });
    expect(await site.lists()).toContain("update default/pod/web");
  });

  test("syncConfigMap and syncSecret follow the pods that use them", async () => {
    await using site = await Site.start();
    await site.lists();
    await site.client.create(CONFIG_MAPS, configMap("settings", "1"));
    await site.client.create(SECRETS, { metadata: { namespace: "default", name: "pull" } });
    await site.client.create(
      PODS,
      pod("web", { ...uses("settings"), imagePullSecrets: [{ name: "pull" }] }),
    );
    const lines = async (count: number): Promise<string[]> => {
      const got: string[] = [];
      while (got.length < count) {
        const { operation, resource } = (await site.next()).route;
        got.push(`${operation} ${resource}`);
      }
      return got;
    };
    expect(await lines(3)).toEqual([
      "update default/configmap/settings",
      "update default/secret/pull",
      "insert default/pod/web",
    ]);
    const body = { data: { value: "2" } };
    await site.client.patch(
      CONFIG_MAPS,
      { namespace: "default", name: "settings" },
      { type: "merge", body },
    );
    expect(await lines(1)).toEqual(["update default/configmap/settings"]);
    await site.client.delete(
      PODS,
      { namespace: "default", name: "web" },
      { gracePeriodSeconds: 0 },
    );
    expect(await lines(3)).toEqual([
      "delete default/pod/web",
      "delete default/configmap/settings",
      "delete default/secret/pull",
    ]);
  });

  test("syncService, endpointslices and the own node go to every edge node", async () => {
    await using site = await Site.start();
    await site.lists();
    await site.client.create(SERVICES, {
      metadata: { namespace: "default", name: "web" },
      spec: { ports: [{ port: 80 }], selector: { a: "b" } },
    });
    expect(golden(await site.next())).toMatchObject({
      operation: "insert",
      resource: "default/service/web",
    });
    await site.client.create(ENDPOINT_SLICES, {
      metadata: { namespace: "default", name: "web-1" },
      addressType: "IPv4",
      endpoints: [],
    });
    expect(golden(await site.next())).toMatchObject({
      operation: "insert",
      resource: "default/endpointslice/web-1",
    });
    await site.client.create(NODES, { metadata: { name: NODE, labels: EDGE } });
    expect(golden(await site.next())).toMatchObject({
      operation: "insert",
      resource: "default/node/edge",
    });
  });

  test("a namesake with another UID is a delete and an insert", async () => {
    await using site = await Site.start();
    await site.lists();
    const key = { namespace: "default", name: "web" };
    const uids: unknown[] = [];
    for (let times = 0; times < 2; times += 1) {
      const created = await site.client.create(PODS, pod("web"));
      uids.push(created.metadata?.uid);
      await site.client.delete(PODS, key, { gracePeriodSeconds: 0 });
    }
    const got: unknown[] = [];
    while (got.length < 4) {
      const { route, content } = await site.next();
      got.push(`${route.operation} ${(content as Pod).metadata?.uid}`);
    }
    expect(got).toEqual([
      `insert ${uids[0]}`,
      `delete ${uids[0]}`,
      `insert ${uids[1]}`,
      `delete ${uids[1]}`,
    ]);
  });

  test("initLocating: a labelled node that a route leads to gets its own lists through cloudhub", async () => {
    const routeTo = cloudRoute;
    await using site = await Site.start(
      async (client) => {
        await client.create(NODES, { metadata: { name: "joined", labels: EDGE } });
        await client.create(NODES, { metadata: { name: "cloud" } });
        await client.create(PODS, pod("there", { nodeName: "joined" }));
      },
      { routeTo },
    );
    expect(await site.lists("cloudhub")).toEqual([
      "insert node/joined/default/node/joined",
      ...LISTS.slice(0, -1).map((type) => `list-end node/joined/all/${type}`),
      "insert node/joined/default/pod/there",
      "list-end node/joined/all/pod",
    ]);
    expect(await site.lists()).toEqual(LISTS.map((type) => `list-end all/${type}`));
  });
});

describe("upstream: nodes", () => {
  const node: Node = {
    metadata: { name: NODE, labels: EDGE },
    status: {
      capacity: { cpu: "2" },
      conditions: [{ type: "Ready", status: "True", reason: "EdgeReady" }],
    },
  };
  const key = { namespace: "", name: NODE };

  test("nodestatus insert creates the node, with its status, and answers OK; again too", async () => {
    await using site = await Site.start();
    for (let times = 0; times < 2; times += 1) {
      const answer = await site.ask("insert", "default/nodestatus/edge", node);
      expect(golden(answer)).toEqual({
        operation: "response",
        resource: "default/nodestatus/edge",
        content: "OK",
      });
    }
    const created = await site.client.get(NODES, key);
    expect(created.metadata?.labels).toMatchObject(EDGE);
    expect(created.status?.capacity).toEqual({ cpu: "2" });
  });

  test("nodestatus update keeps others' conditions, volumes and times; the same again writes nothing", async () => {
    await using site = await Site.start((client) => client.create(NODES, node));
    const made = await site.client.get(NODES, key);
    const then = "2020-01-01T00:00:00Z";
    await site.client.updateStatus(NODES, {
      ...made,
      status: {
        volumesAttached: [{ name: "v", devicePath: "/dev/v" }],
        conditions: [
          { type: "NetworkUnavailable", status: "False" },
          { type: "Ready", status: "True", lastTransitionTime: then },
        ],
      },
    });
    const report = {
      conditions: [{ type: "Ready", status: "True", lastTransitionTime: "2030-01-01T00:00:00Z" }],
    };
    expect(
      (await site.ask("update", "default/nodestatus/edge", { UID: "", Status: report })).content,
    ).toBe("OK");
    const updated = await site.client.get(NODES, key);
    expect(updated.status?.volumesAttached).toEqual([{ name: "v", devicePath: "/dev/v" }]);
    expect(updated.status?.conditions).toEqual([
      { type: "NetworkUnavailable", status: "False" },
      { type: "Ready", status: "True", lastTransitionTime: then },
    ]);
    await site.ask("update", "default/nodestatus/edge", { ...node, status: report });
    expect(await site.client.get(NODES, key)).toBe(updated);
  });

  test("a node that somebody deleted is back with its next status", async () => {
    await using site = await Site.start();
    expect((await site.ask("update", "default/nodestatus/edge", node)).content).toBe("OK");
    expect((await site.client.get(NODES, key)).metadata?.labels).toMatchObject(EDGE);
  });

  test("updateNode merges labels and annotations", async () => {
    await using site = await Site.start((client) => client.create(NODES, node));
    const metadata = { name: NODE, labels: { zone: "a" }, annotations: { note: "b" } };
    expect((await site.ask("update", "default/node/edge", { metadata })).content).toBe("OK");
    const { labels, annotations } = must((await site.client.get(NODES, key)).metadata, "metadata");
    expect(labels).toMatchObject({ ...EDGE, zone: "a" });
    expect(annotations).toMatchObject({ note: "b" });
  });
});

describe("upstream: pods", () => {
  const key = { namespace: "default", name: "web" };
  const resource = "default/podstatus/web";
  const ready = (status: string, lastTransitionTime: string): PodCondition => ({
    type: "Ready",
    status,
    lastTransitionTime,
  });
  const report = (made: Pod, Status: PodStatus): object => ({
    UID: made.metadata?.uid ?? "",
    Name: "web",
    Status,
  });
  const running: PodStatus = {
    phase: "Running",
    startTime: "2030-01-01T00:00:00Z",
    conditions: [ready("True", "2030-01-01T00:00:00Z")],
    containerStatuses: [
      {
        name: "c",
        image: "busybox",
        imageID: "",
        ready: true,
        restartCount: 0,
        state: { running: {} },
      },
    ],
  };

  test("podstatus is written; the same again, with newer times, writes nothing", async () => {
    await using site = await Site.start();
    const made = await site.client.create(PODS, pod("web"));
    expect((await site.ask("update", resource, report(made, running))).content).toBe("OK");
    const written = await site.client.get(PODS, key);
    expect(written.status).toMatchObject(running);
    const later = "2031-01-01T00:00:00Z";
    const again = { ...running, startTime: later, conditions: [ready("True", later)] };
    await site.ask("update", "default/podstatus", [report(made, again)]);
    expect(await site.client.get(PODS, key)).toBe(written);
  });

  test("podstatus of another UID leaves the namesake alone", async () => {
    await using site = await Site.start();
    const made = await site.client.create(PODS, pod("web"));
    await site.ask("update", resource, { UID: "another", Name: "web", Status: running });
    expect(await site.client.get(PODS, key)).toBe(made);
  });

  test("podstatus of a pod that is not there is answered down with its delete", async () => {
    await using site = await Site.start();
    await site.lists();
    await site.ask("update", resource, { UID: "gone", Name: "web", Status: running });
    expect(golden(await site.next())).toMatchObject({
      operation: "delete",
      resource: "default/pod/web",
      content: { metadata: { uid: "gone" } },
    });
  });

  test("podstatus ends a pod that is being deleted once it has ended, also if it never ran (kubeedge#1406)", async () => {
    await using site = await Site.start();
    const made = await site.client.create(PODS, pod("web"));
    const isThere = async () => (await site.client.get(PODS, key)).metadata?.deletionTimestamp;
    await site.client.delete(PODS, key, { gracePeriodSeconds: 30 });
    // On its way when the delete came: a container is about to start.
    await site.ask("update", resource, report(made, { phase: "Pending", containerStatuses: [] }));
    expect(await isThere()).toBeString();
    await site.ask("update", resource, report(made, running));
    expect(await isThere()).toBeString();
    await site.ask("update", resource, report(made, { phase: "Failed", containerStatuses: [] }));
    expect(await rejection(site.client.get(PODS, key))).toMatchObject({ reason: "NotFound" });
  });

  test("a pod's delete removes it by UID, and not its namesake", async () => {
    await using site = await Site.start();
    const made = await site.client.create(PODS, pod("web"));
    expect((await site.ask("delete", "default/pod/web", "another")).content).toBe("OK");
    expect(await site.client.get(PODS, key)).toBe(made);
    expect((await site.ask("delete", "default/pod/web", made.metadata?.uid)).content).toBe("OK");
    expect(await rejection(site.client.get(PODS, key))).toMatchObject({ reason: "NotFound" });
    expect((await site.ask("delete", "default/pod/web", made.metadata?.uid)).content).toBe("OK");
  });

  test("when a node is ready again, what it said last of its pods holds again", async () => {
    const nodeWith = (status: string): Node => ({
      metadata: { name: NODE, labels: EDGE },
      status: { conditions: [{ type: "Ready", status }] },
    });
    await using site = await Site.start();
    await site.ask("insert", "default/nodestatus/edge", nodeWith("False"));
    const made = await site.client.create(PODS, pod("web"));
    await site.ask("update", resource, report(made, running));
    const current = await site.client.get(PODS, key);
    const conditions = [ready("False", "2030-01-02T00:00:00Z")];
    await site.client.updateStatus(PODS, { ...current, status: { ...current.status, conditions } });
    await site.ask("update", "default/nodestatus/edge", nodeWith("True"));
    // Behind the repetition in the same queue: an answer means that it has been written.
    while ((await site.client.get(PODS, key)).status?.conditions?.[0]?.status !== "True") {
      await site.ask("query", "default/node/edge");
    }
  });
});

test("what a ready node said of its pods' readiness holds, whoever writes after it", async () => {
  const key = { namespace: "default", name: "web" };
  await using site = await Site.start();
  const status = { conditions: [{ type: "Ready", status: "True" }] };
  await site.ask("insert", "default/nodestatus/edge", {
    metadata: { name: NODE, labels: EDGE },
    status,
  });
  const made = await site.client.create(PODS, pod("web"));
  const own = { UID: made.metadata?.uid, Name: "web", Status: { phase: "Running", ...status } };
  await site.ask("update", "default/podstatus/web", own);
  const current = await site.client.get(PODS, key);
  const conditions = [{ type: "Ready", status: "False" }];
  await site.client.updateStatus(PODS, { ...current, status: { ...current.status, conditions } });
  while ((await site.client.get(PODS, key)).status?.conditions?.[0]?.status !== "True") {
    await site.ask("query", "default/node/edge");
  }
});

describe("upstream: queries", () => {
  test.each([
    ["configmap", "default/configmap/settings"],
    ["secret", "default/secret/pull"],
    ["service", "default/service/web"],
    ["node", "default/node/edge"],
  ])("of a %s are answered with the object", async (_type, resource) => {
    await using site = await Site.start(async (client) => {
      await client.create(CONFIG_MAPS, configMap("settings", "1"));
      await client.create(SECRETS, { metadata: { namespace: "default", name: "pull" } });
      await client.create(SERVICES, {
        metadata: { namespace: "default", name: "web" },
        spec: { ports: [{ port: 80 }] },
      });
      await client.create(NODES, { metadata: { name: "edge" } });
    });
    const answer = await site.ask("query", resource);
    expect(golden(answer)).toMatchObject({
      operation: "response",
      resource,
      content: { metadata: { name: resource.split("/")[2] } },
    });
  });

  test.each([
    ["configmap", 'configmaps "x" not found'],
    ["endpoints", 'endpoints "x" not found'],
    ["persistentvolume", 'persistentvolumes "x" not found'],
    ["persistentvolumeclaim", 'persistentvolumeclaims "x" not found'],
    ["volumeattachment", 'volumeattachments.storage.k8s.io "x" not found'],
  ])("of a %s that is not there are answered with its Status", async (type, message) => {
    await using site = await Site.start();
    const answer = await site.ask("query", `default/${type}/x`);
    expect(golden(answer)).toMatchObject({
      operation: "error",
      content: { kind: "Status", reason: "NotFound", code: 404, message },
    });
  });
});

describe("upstream: records", () => {
  test("an event is created, and the same one again is counted up", async () => {
    await using site = await Site.start();
    const key = { namespace: "default", name: "web.1" };
    const event = {
      metadata: key,
      involvedObject: { kind: "Pod", namespace: "default", name: "web" },
      type: "Warning",
      reason: "BackOff",
    };
    expect((await site.ask("insert", "default/event/web.1", { ...event, count: 1 })).content).toBe(
      "OK",
    );
    expect((await site.ask("insert", "default/event/web.1", { ...event, count: 2 })).content).toBe(
      "OK",
    );
    expect(await site.client.get(EVENTS, key)).toMatchObject({ reason: "BackOff", count: 2 });
  });

  test("an event of a namespace that is gone is dropped", async () => {
    await using site = await Site.start();
    const event = {
      metadata: { namespace: "gone", name: "e" },
      involvedObject: { namespace: "gone" },
    };
    expect((await site.ask("insert", "gone/event/e", event)).content).toBe("OK");
  });

  test("a lease is made once and renewed from then on", async () => {
    await using site = await Site.start();
    const key = { namespace: "kube-node-lease", name: NODE };
    const resource = "kube-node-lease/lease/edge";
    for (const second of ["01", "02"]) {
      const renewTime = `2030-01-01T00:00:${second}.000000Z`;
      const lease = { metadata: key, spec: { holderIdentity: NODE, renewTime } };
      expect((await site.ask("update", resource, lease)).content).toBe("OK");
      expect((await site.client.get(LEASES, key)).spec?.renewTime).toBe(renewTime);
    }
  });
});

test.each([
  ["dance", "default/pod/web", 'Cannot dance "pod"'],
  ["insert", "default/spaceship/web", 'Cannot insert "spaceship"'],
  ["query", "default/spaceship/web", 'Cannot query "spaceship"'],
  ["update", "default/podstatus/web", "Cannot read a pod's status without 'UID'"],
  ["delete", "default/pod/web", "A pod is deleted by its UID"],
  ["insert", "pod", "Cannot use a resource"],
])("%s %s is answered with an error and logged once", async (operation, resource, reason) => {
  await using site = await Site.start();
  for (let times = 0; times < 2; times += 1) {
    const answer = await site.ask(operation, resource);
    expect(answer.route.operation).toBe("error");
    expect(answer.content).toStartWith(reason);
  }
  expect(site.warnings).toHaveLength(1);
});
