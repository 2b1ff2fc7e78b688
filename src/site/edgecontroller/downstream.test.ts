import { describe, expect, test } from "bun:test";
import type { Pod, PodSpec } from "#api/object.ts";
import {
  CONFIG_MAPS,
  ENDPOINT_SLICES,
  NODES,
  PODS,
  RUNTIME_CLASSES,
  SECRETS,
  SERVICES,
} from "#api/resources.ts";
import type { Message } from "#bus/message.ts";
import { must } from "#lib/errors.ts";
import { CloudSide, EDGE, LISTS, NODE, podOfNode } from "#test/kit/cloud-side.ts";
import { golden } from "#test/kit/edge-side.ts";
import { cloudRoute } from "./down-route.ts";

const configMap = (name: string, value: string): object => ({
  metadata: { namespace: "default", name },
  data: { value },
});
const uses = (name: string): Partial<PodSpec> => ({
  volumes: [{ name: "v", configMap: { name } }],
});

describe("downstream", () => {
  test("sends each kind as a full list with an end mark, to a node that is not registered yet", async () => {
    await using site = await CloudSide.start();
    expect(await site.lists()).toEqual(LISTS.map((type) => `list-end all/${type}`));
  });

  test("sends what pods refer to before the pods, and names all in the end marks", async () => {
    await using site = await CloudSide.start(async (client) => {
      await client.create(CONFIG_MAPS, configMap("used", "1"));
      await client.create(CONFIG_MAPS, configMap("unused", "1"));
      await client.create(PODS, podOfNode("web", uses("used")));
      await client.create(PODS, podOfNode("elsewhere", { nodeName: "other" }));
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
      "list-end all/runtimeclass",
      "insert default/pod/web",
      "list-end all/pod",
    ]);
    expect(messages.at(-1)?.content).toEqual({ keys: ["default/web"] });
    const sent = must(messages.at(-2), "the pod");
    expect(sent.route).toMatchObject({ source: "edgecontroller", group: "resource" });
    expect(sent.header.resourceversion).toBe((sent.content as Pod).metadata?.resourceVersion);
    expect(sent.content).toBe(await site.client.get(PODS, { namespace: "default", name: "web" }));
  });

  test("a RuntimeClass comes before the first pod that names it, and goes after the last", async () => {
    await using site = await CloudSide.start();
    await site.lists();
    for (const name of ["kata", "unused"]) {
      await site.client.create(RUNTIME_CLASSES, { metadata: { name }, handler: "kata-qemu" });
    }
    await site.client.create(PODS, podOfNode("boxed", { runtimeClassName: "kata" }));
    const key = { namespace: "default", name: "boxed" };
    const lines = [await site.next(), await site.next()];
    expect(lines[0]?.content).toMatchObject({ handler: "kata-qemu" });
    await site.client.delete(PODS, key, { gracePeriodSeconds: 0 });
    lines.push(await site.next(), await site.next());
    expect(lines.map(({ route }) => `${route.operation} ${route.resource}`)).toEqual([
      "insert default/runtimeclass/kata",
      "insert default/pod/boxed",
      "delete default/pod/boxed",
      "delete default/runtimeclass/kata",
    ]);
  });

  test("syncPod: insert, update, nothing for a status, delete", async () => {
    await using site = await CloudSide.start();
    await site.lists();
    const created = await site.client.create(PODS, podOfNode("web"));
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
    await using site = await CloudSide.start(async (client) => {
      await client.create(PODS, podOfNode("web"));
      await client.delete(PODS, key, { gracePeriodSeconds: 30 });
    });
    expect(await site.lists()).toContain("update default/pod/web");
  });

  test("syncConfigMap and syncSecret follow the pods that use them", async () => {
    await using site = await CloudSide.start();
    await site.lists();
    await site.client.create(CONFIG_MAPS, configMap("settings", "1"));
    await site.client.create(SECRETS, { metadata: { namespace: "default", name: "pull" } });
    await site.client.create(
      PODS,
      podOfNode("web", { ...uses("settings"), imagePullSecrets: [{ name: "pull" }] }),
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
    await using site = await CloudSide.start();
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
    await using site = await CloudSide.start();
    await site.lists();
    const key = { namespace: "default", name: "web" };
    const uids: unknown[] = [];
    for (let times = 0; times < 2; times += 1) {
      const created = await site.client.create(PODS, podOfNode("web"));
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
    await using site = await CloudSide.start(
      async (client) => {
        await client.create(NODES, { metadata: { name: "joined", labels: EDGE } });
        await client.create(NODES, { metadata: { name: "cloud" } });
        await client.create(PODS, podOfNode("there", { nodeName: "joined" }));
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
