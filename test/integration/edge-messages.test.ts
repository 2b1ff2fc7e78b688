import { expect, test } from "bun:test";
import type { Pod } from "#api/object.ts";
import { CONFIG_MAPS, NODES, PODS, SECRETS } from "#api/resources.ts";
import { addModules } from "#bus/add-modules.ts";
import type { LocalBus } from "#bus/bus.ts";
import { createBus } from "#bus/create-bus.ts";
import type { Module } from "#bus/module.ts";
import { receiveEach } from "#bus/receive-each.ts";
import { supervise } from "#bus/supervisor.ts";
import { aborted } from "#lib/abort.ts";
import { silentLogger } from "#lib/log.ts";
import { createMetaClient } from "#meta/create-meta-client.ts";
import type { MetaClient } from "#meta/meta-client.ts";
import { createMetaManager } from "#meta/meta-manager.ts";
import { createEdgeController } from "#site/edgecontroller/edge-controller.ts";
import { createInProcessApi, type InProcessApi } from "#test/kit/in-process-api.ts";
import { MemoryMetaStore } from "#test/kit/memory-meta-store.ts";

const NODE = "edge";

/** edgecontroller, metaManager and an edged that only says of every pod that it runs. */
class AllInOne implements AsyncDisposable {
  readonly api: InProcessApi;
  readonly bus: LocalBus;
  readonly store = new MemoryMetaStore();
  readonly pods = new Map<string, Pod>();
  readonly listed = Promise.withResolvers<void>();
  readonly meta: MetaClient;
  readonly #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(api: InProcessApi, bufferSize: number) {
    this.api = api;
    const names = ["edgecontroller", "metaManager", "edged", "edgemesh"];
    const bufferSizes = Object.fromEntries(names.map((name) => [name, bufferSize]));
    this.bus = createBus({ bufferSizes, log: silentLogger });
    this.meta = createMetaClient({ bus: this.bus, source: "edged" });
  }

  async start(): Promise<void> {
    const ready = Promise.withResolvers<void>();
    const modules = [
      createEdgeController({ bus: this.bus, ...this.api, nodeName: NODE, log: silentLogger }),
      createMetaManager({ bus: this.bus, store: this.store, log: silentLogger }),
      { ...this.#mesh(), group: "mesh" },
      { ...this.#edged(), group: "edged" },
    ];
    addModules(this.bus, modules);
    this.#running = supervise(modules, {
      signal: this.#stop.signal,
      onStatus: ({ name, state }) => name === "edged" && state === "running" && ready.resolve(),
    });
    await Promise.race([ready.promise, this.#running]);
  }

  #mesh(): Module {
    return {
      name: "edgemesh",
      run: async ({ signal, ready }) => {
        ready();
        await receiveEach(this.bus, "edgemesh", { signal, onMessage: () => undefined });
      },
    };
  }

  #edged(): Module {
    return {
      name: "edged",
      run: async ({ signal, ready }) => {
        const reporting: Promise<void>[] = [];
        const receiving = receiveEach(this.bus, "edged", {
          signal,
          onMessage: ({ route, content }) => {
            if (route.operation === "list-end" && route.resource === "all/pod")
              this.listed.resolve();
            if (!route.resource?.includes("/pod/")) return;
            const pod = content as Pod;
            const uid = pod.metadata?.uid ?? "";
            if (route.operation === "delete") return void this.pods.delete(uid);
            this.pods.set(uid, pod);
            reporting.push(this.#report(pod, signal));
          },
        });
        await this.meta.createNode(
          { metadata: { name: NODE, labels: { "node-role.kubernetes.io/edge": "" } } },
          signal,
        );
        ready();
        await receiving;
        await aborted(signal);
        await Promise.all(reporting);
      },
    };
  }

  async #report({ metadata }: Pod, signal: AbortSignal): Promise<void> {
    const { namespace = "", name = "", uid = "", deletionTimestamp } = metadata ?? {};
    try {
      if (deletionTimestamp !== undefined) {
        await this.meta.deletePod({ namespace, name, uid }, signal);
        return;
      }
      const Status = { phase: "Running", containerStatuses: [] };
      await this.meta.updatePodStatus(namespace, { UID: uid, Name: name, Status }, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }
}

async function allInOne(
  signal: AbortSignal,
  bufferSize: number,
  prepare: (edge: AllInOne) => Promise<unknown> = () => Promise.resolve(),
): Promise<AllInOne> {
  const edge = new AllInOne(await createInProcessApi(signal), bufferSize);
  await prepare(edge);
  await edge.start();
  return edge;
}

const podOf = (index: number): Pod => ({
  metadata: { namespace: "default", name: `web-${index}` },
  spec: {
    nodeName: NODE,
    containers: [
      {
        name: "c",
        image: "busybox",
        envFrom: [{ configMapRef: { name: `settings-${index}` } }],
      },
    ],
  },
});

/** Resolves once `check` holds for the pods of the API. */
async function podsOf({ api }: AllInOne, check: (pods: readonly Pod[]) => boolean): Promise<void> {
  const informer = api.informers.informer(PODS);
  const held = Promise.withResolvers<void>();
  const look = (): void => {
    if (check(informer.list())) held.resolve();
  };
  const remove = informer.addHandler({ added: look, updated: look, deleted: look });
  look();
  await held.promise;
  remove();
}

test.each([1, 1024])(
  "pods go down, statuses come up, deletes complete: queues of %d",
  async (size) => {
    const stop = new AbortController();
    const COUNT = 150;
    await using edge = await allInOne(stop.signal, size);
    await edge.listed.promise;
    const { client } = edge.api;
    for (let index = 0; index < COUNT; index += 1) {
      const metadata = { namespace: "default", name: `settings-${index}` };
      await Promise.all([
        client.create(CONFIG_MAPS, { metadata, data: { index: `${index}` } }),
        client.create(PODS, podOf(index)),
      ]);
    }
    await podsOf(
      edge,
      (pods) => pods.filter(({ status }) => status?.phase === "Running").length === COUNT,
    );
    expect(edge.store.list("pod")).toHaveLength(COUNT);
    for (const { metadata } of edge.pods.values()) {
      const key = { namespace: "default", name: metadata?.name ?? "" };
      await client.delete(PODS, key, { gracePeriodSeconds: 30 });
    }
    await podsOf(edge, (pods) => pods.length === 0);
    // An answer from metaManager means that all before it has been taken.
    while (edge.store.list("configmap").length > 0) await edge.meta.listPods(stop.signal);
    expect(edge.store.list("pod")).toEqual([]);
    stop.abort();
  },
);

test("after a start, what the site no longer has is gone from the edge before the end of the list", async () => {
  const stop = new AbortController();
  await using edge = await allInOne(stop.signal, 8, async ({ api, store }) => {
    await api.client.create(NODES, { metadata: { name: NODE } });
    await api.client.create(PODS, podOf(0));
    store.put({ key: "default/pod/old", type: "pod", value: '{"metadata":{"uid":"old"}}' });
  });
  await edge.listed.promise;
  expect([...edge.pods.values()].map(({ metadata }) => metadata?.name)).toEqual(["web-0"]);
  expect(edge.store.keys).toEqual(["default/node/edge", "default/pod/web-0"]);
  stop.abort();
});

test("what was never sent down is read through metaManager", async () => {
  const stop = new AbortController();
  await using edge = await allInOne(stop.signal, 8);
  const key = { namespace: "default", name: "later" };
  expect(await edge.meta.getSecret(key, stop.signal)).toBeUndefined();
  const made = await edge.api.client.create(SECRETS, { metadata: key });
  expect(await edge.meta.getSecret(key, stop.signal)).toEqual(made);
  expect((await edge.meta.getNode(NODE, stop.signal))?.metadata?.name).toBe(NODE);
  stop.abort();
});
