import { afterEach, beforeEach, expect, test } from "bun:test";
import type {
  ConfigMap,
  Deployment,
  Job,
  OwnerReference,
  Pod,
  ReplicaSet,
  Service,
} from "#api/object.ts";
import { nameOf } from "#api/object.ts";
import { controllerOf } from "#api/ownership.ts";
import type { Resource } from "#api/resource.ts";
import {
  CONFIG_MAPS,
  DEPLOYMENTS,
  ENDPOINT_SLICES,
  ENDPOINTS,
  JOBS,
  NAMESPACES,
  NODES,
  PODS,
  PRIORITY_CLASSES,
  REPLICA_SETS,
  REPLICATION_CONTROLLERS,
  RESOURCES,
  SERVICES,
} from "#api/resources.ts";
import { createLogger } from "#lib/log.ts";
import { eventually } from "#test/kit/eventually.ts";
import { createExample } from "#test/kit/example.ts";
import { type FakeKubeletOptions, startFakeKubelet } from "#test/kit/fake-kubelet.ts";
import { createMemoryCluster, type MemoryCluster } from "#test/kit/memory-cluster.ts";

const KINDS: readonly Resource[] = RESOURCES;

let cluster: MemoryCluster;

/** What controllers and scheduler found worth a warning: a clean run says nothing. */
let complaints: string[];

beforeEach(async () => {
  complaints = [];
  const write = (line: string): void => void complaints.push(line);
  const log = createLogger({ level: "warn", format: "text", write });
  cluster = await createMemoryCluster({ log });
});
afterEach(async () => {
  await cluster[Symbol.asyncDispose]();
  expect(complaints).toEqual([]);
});

const soon = <T>(check: () => T | Promise<T>) => eventually(check, { withinMs: 5_000 });

async function start(kubelet: Partial<FakeKubeletOptions> = {}): Promise<void> {
  const { client, informers, signal } = cluster;
  await startFakeKubelet({ client, informers, signal, ...kubelet });
  await cluster.start();
}

const key = (name: string, namespace = "default") => ({ namespace, name });

function deployment(name: string, spec: Partial<Deployment["spec"]> = {}): Deployment {
  const labels = { app: name };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace: "default" },
    spec: {
      replicas: 3,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: "web", image: "busybox:1" }] },
      },
      ...spec,
    },
  };
}

function service(name: string, spec: Service["spec"] = {}): Service {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace: "default" },
    spec: { selector: { app: name }, ports: [{ port: 80, targetPort: 8080 }], ...spec },
  };
}

const pods = async (namespace = "default"): Promise<readonly Pod[]> =>
  (await cluster.client.list(PODS, { namespace })).items;
const replicaSets = async (): Promise<readonly ReplicaSet[]> =>
  (await cluster.client.list(REPLICA_SETS, { namespace: "default" })).items;

/** Resolves once the Deployment says what `kubectl rollout status` waits for. */
const rolledOut = (name: string, namespace = "default") =>
  soon(async () => {
    const found = await cluster.client.get(DEPLOYMENTS, key(name, namespace));
    const { spec, status, metadata } = found;
    const done =
      status?.observedGeneration === metadata?.generation &&
      (status?.updatedReplicas ?? 0) === spec?.replicas &&
      (status?.replicas ?? 0) === spec?.replicas &&
      (status?.availableReplicas ?? 0) === spec?.replicas;
    return done && found;
  });

/** Resolves once nothing was written for a while: what has converged stays so. */
async function quiet(): Promise<void> {
  for (let before = -1; before !== cluster.store.resourceVersion; ) {
    before = cluster.store.resourceVersion;
    await Bun.sleep(60);
  }
}

async function setImage(name: string, image: string): Promise<void> {
  const body = { spec: { template: { spec: { containers: [{ name: "web", image }] } } } };
  await cluster.client.patch(DEPLOYMENTS, key(name), { type: "strategic", body });
}

test("examples/hello.yaml converges, and then nothing is written", async () => {
  await start();
  await createExample(cluster.verbs);
  const web = await rolledOut("web", "hello");
  expect(web.status?.conditions?.map(({ type, status }) => `${type}=${status}`)).toContain(
    "Available=True",
  );
  const { items: slices } = await soon(async () => {
    const found = await cluster.client.list(ENDPOINT_SLICES, { namespace: "hello" });
    return found.items[0]?.endpoints?.length === 3 && found;
  });
  expect(slices[0]?.endpoints?.every(({ conditions }) => conditions?.ready)).toBe(true);
  const endpoints = await soon(() =>
    cluster.client.get(
      ENDPOINTS,
      key(slices[0]?.metadata?.labels?.["kubernetes.io/service-name"] ?? "", "hello"),
    ),
  );
  expect(endpoints.subsets?.[0]?.addresses).toHaveLength(3);
  await quiet();
  const settled = cluster.store.resourceVersion;
  await Bun.sleep(300);
  expect(cluster.store.resourceVersion).toBe(settled);
});

test("a rolling update keeps the old ReplicaSet for rollback and counts revisions", async () => {
  await start();
  await cluster.client.create(DEPLOYMENTS, deployment("web"));
  const first = await rolledOut("web");
  expect(first.metadata?.annotations?.["deployment.kubernetes.io/revision"]).toBe("1");
  const original = (await replicaSets())[0];
  await setImage("web", "busybox:2");
  const second = await rolledOut("web");
  expect(second.metadata?.annotations?.["deployment.kubernetes.io/revision"]).toBe("2");
  expect((await replicaSets()).map(({ spec }) => spec?.replicas).sort()).toEqual([0, 3]);
  const running = await pods();
  expect(running.map(({ spec }) => spec?.containers[0]?.image)).toEqual(Array(3).fill("busybox:2"));
  await setImage("web", "busybox:1");
  const undone = await rolledOut("web");
  expect(undone.metadata?.annotations?.["deployment.kubernetes.io/revision"]).toBe("3");
  const again = (await replicaSets()).find(({ spec }) => spec?.replicas === 3);
  expect(again?.metadata?.uid).toBe(original?.metadata?.uid ?? "");
  expect(again?.metadata?.annotations?.["deployment.kubernetes.io/revision-history"]).toBe("1");
});

test("a rolling update never has fewer available pods than it may", async () => {
  await start();
  const rollingUpdate = { maxSurge: 1, maxUnavailable: 0 };
  await cluster.client.create(
    DEPLOYMENTS,
    deployment("web", { replicas: 4, strategy: { type: "RollingUpdate", rollingUpdate } }),
  );
  await rolledOut("web");
  let fewest = Number.POSITIVE_INFINITY;
  let most = 0;
  const informer = cluster.informers.informer(PODS);
  const count = (): void => {
    const alive = informer.list("default").filter(({ metadata }) => !metadata?.deletionTimestamp);
    const ready = alive.filter(({ status }) =>
      status?.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True"),
    );
    fewest = Math.min(fewest, ready.length);
    most = Math.max(most, alive.length);
  };
  informer.addHandler({ added: count, updated: count, deleted: count });
  await setImage("web", "busybox:2");
  await rolledOut("web");
  expect(fewest).toBeGreaterThanOrEqual(4);
  expect(most).toBeLessThanOrEqual(5);
});

test("Recreate starts no new pod before the last old one has ended", async () => {
  await start();
  await cluster.client.create(DEPLOYMENTS, deployment("web", { strategy: { type: "Recreate" } }));
  await rolledOut("web");
  let mixed = false;
  const informer = cluster.informers.informer(PODS);
  informer.addHandler({
    added() {
      const images = informer.list("default").map(({ spec }) => spec?.containers[0]?.image);
      mixed ||= new Set(images).size > 1;
    },
  });
  await setImage("web", "busybox:2");
  await rolledOut("web");
  expect(mixed).toBe(false);
});

test("scaling goes up and down, and a paused Deployment scales without rolling out", async () => {
  await start();
  await cluster.client.create(DEPLOYMENTS, deployment("web"));
  await rolledOut("web");
  const patch = (spec: object) =>
    cluster.client.patch(DEPLOYMENTS, key("web"), { type: "merge", body: { spec } });
  await patch({ replicas: 6 });
  await rolledOut("web");
  expect(await pods()).toHaveLength(6);
  await patch({ replicas: 2, paused: true });
  await setImage("web", "busybox:2");
  await soon(async () => (await pods()).length === 2);
  await quiet();
  expect(await replicaSets()).toHaveLength(1);
  await patch({ paused: false });
  await rolledOut("web");
  expect(await replicaSets()).toHaveLength(2);
});

test("a rollout whose pods never get ready keeps what serves and times out", async () => {
  await start({
    fate: (pod) => (pod.spec?.containers[0]?.image === "broken" ? "running" : "ready"),
  });
  await cluster.client.create(DEPLOYMENTS, deployment("web", { progressDeadlineSeconds: 1 }));
  await rolledOut("web");
  await setImage("web", "broken");
  const stuck = await soon(async () => {
    const found = await cluster.client.get(DEPLOYMENTS, key("web"));
    const progressing = found.status?.conditions?.find(({ type }) => type === "Progressing");
    return progressing?.reason === "ProgressDeadlineExceeded" && found;
  });
  expect(stuck.status?.availableReplicas).toBeGreaterThanOrEqual(2);
});

test("a ReplicaSet replaces a lost pod, adopts an orphan and lets go of one that no longer matches", async () => {
  await start();
  await cluster.client.create(DEPLOYMENTS, deployment("web"));
  await rolledOut("web");
  const [lost, released] = await pods();
  await cluster.client.delete(PODS, key(nameOf(lost ?? {})));
  await soon(async () => {
    const names = (await pods()).map(nameOf);
    return names.length === 3 && !names.includes(nameOf(lost ?? {}));
  });
  const body = { metadata: { labels: { app: "other" } } };
  await cluster.client.patch(PODS, key(nameOf(released ?? {})), { type: "merge", body });
  await soon(async () => (await pods()).length === 4);
  const free = await soon(async () => {
    const found = await cluster.client.get(PODS, key(nameOf(released ?? {})));
    return controllerOf(found) === undefined && found;
  });
  await cluster.client.patch(PODS, key(nameOf(free)), {
    type: "merge",
    body: { metadata: { labels: { app: "web" } } },
  });
  await soon(async () => (await pods()).length === 3);
});

test("a ReplicationController keeps its pods as a ReplicaSet does", async () => {
  await start();
  const { client } = cluster;
  const labels = { app: "old" };
  const spec = { containers: [{ name: "web", image: "busybox:1" }] };
  await client.create(REPLICATION_CONTROLLERS, {
    metadata: key("old"),
    spec: { replicas: 3, template: { metadata: { labels }, spec } },
  });
  const isReady = (replicas: number) => async () => {
    const { status } = await client.get(REPLICATION_CONTROLLERS, key("old"));
    return status?.readyReplicas === replicas && status;
  };
  await soon(isReady(3));
  const patch = { type: "merge", body: { spec: { replicas: 2 } } } as const;
  await client.patch(REPLICATION_CONTROLLERS, key("old"), patch);
  expect(await soon(isReady(2))).toEqual({
    replicas: 2,
    fullyLabeledReplicas: 2,
    readyReplicas: 2,
    availableReplicas: 2,
    observedGeneration: 2,
  });
  const [pod = {}] = await soon(async () => (await pods()).length === 2 && (await pods()));
  expect(controllerOf(pod)).toMatchObject({ kind: "ReplicationController", name: "old" });
  const body = { metadata: { labels: { app: "other" } } };
  await client.patch(PODS, key(nameOf(pod)), { type: "merge", body });
  await soon(async () => (await pods()).length === 3);
  const released = await soon(async () => {
    const found = await client.get(PODS, key(nameOf(pod)));
    return controllerOf(found) === undefined && found;
  });
  await client.delete(REPLICATION_CONTROLLERS, key("old"), { propagationPolicy: "Background" });
  await soon(async () => (await pods()).length === 1);
  expect((await pods()).map(nameOf)).toEqual([nameOf(released)]);
});

test("endpoints follow readiness, and a Service without selector is left alone", async () => {
  let broken = "";
  await start({ fate: ({ metadata }) => (metadata?.name === broken ? "running" : "ready") });
  await cluster.client.create(SERVICES, service("web"));
  await cluster.client.create(SERVICES, service("own", { selector: {}, ports: [{ port: 1 }] }));
  await cluster.client.create(DEPLOYMENTS, deployment("web"));
  await rolledOut("web");
  await soon(async () => {
    const { subsets } = await cluster.client.get(ENDPOINTS, key("web"));
    return subsets?.[0]?.addresses?.length === 3;
  });
  const [victim] = await pods();
  broken = nameOf(victim ?? {});
  await cluster.client.patch(PODS, key(broken), {
    type: "merge",
    body: { metadata: { annotations: { touched: "yes" } } },
  });
  const { subsets } = await soon(async () => {
    const found = await cluster.client.get(ENDPOINTS, key("web"));
    return found.subsets?.[0]?.addresses?.length === 2 && found;
  });
  expect(subsets?.[0]?.notReadyAddresses?.map(({ targetRef }) => targetRef?.name)).toEqual([
    broken,
  ]);
  expect(subsets?.[0]?.ports).toEqual([{ port: 8080, protocol: "TCP" }]);
  await quiet();
  const names = (await cluster.client.list(ENDPOINTS, { namespace: "default" })).items.map(nameOf);
  expect(names).toEqual(["web"]);
  await cluster.client.delete(SERVICES, key("web"));
  await soon(async () => {
    const endpoints = await cluster.client.list(ENDPOINTS, { namespace: "default" });
    const slices = await cluster.client.list(ENDPOINT_SLICES, { namespace: "default" });
    return endpoints.items.length === 0 && slices.items.length === 0;
  });
});

test.each(["Background", "Foreground"] as const)(
  "deleting a Deployment deletes all below it (%s)",
  async (propagationPolicy) => {
    await start();
    await cluster.client.create(DEPLOYMENTS, deployment("web"));
    await rolledOut("web");
    await cluster.client.delete(DEPLOYMENTS, key("web"), { propagationPolicy });
    await soon(async () => (await pods()).length === 0 && (await replicaSets()).length === 0);
    await soon(async () => (await cluster.client.list(DEPLOYMENTS)).items.length === 0);
  },
);

test("slices show what somebody writes as Endpoints, until the Service selects its own", async () => {
  await start();
  const { client } = cluster;
  await client.create(SERVICES, service("db", { selector: {}, ports: [{ port: 1 }] }));
  const written = { metadata: key("db"), subsets: [{ addresses: [{ ip: "10.1.2.3" }] }] };
  const shown = () =>
    client
      .list(ENDPOINT_SLICES, { namespace: "default" })
      .then(({ items }) =>
        items.map(({ endpoints }) => endpoints?.flatMap(({ addresses }) => addresses)),
      );
  const shows = (wanted: readonly string[][]) =>
    soon(async () => Bun.deepEquals(await shown(), wanted));
  await client.create(ENDPOINTS, written);
  await shows([["10.1.2.3"]]);
  await client.delete(ENDPOINTS, key("db"));
  await shows([]);
  await client.create(ENDPOINTS, written);
  await shows([["10.1.2.3"]]);
  await client.patch(SERVICES, key("db"), {
    type: "merge",
    body: { spec: { selector: { a: "b" } } },
  });
  await soon(async () => (await shown()).flat().length === 0);
});

test("orphaned dependents live on, and a new Deployment takes them over", async () => {
  await start();
  await cluster.client.create(DEPLOYMENTS, deployment("web"));
  await rolledOut("web");
  const before = (await pods()).map(nameOf);
  await cluster.client.delete(DEPLOYMENTS, key("web"), { propagationPolicy: "Orphan" });
  await soon(async () => (await cluster.client.list(DEPLOYMENTS)).items.length === 0);
  await quiet();
  const [orphan] = await replicaSets();
  expect(orphan && controllerOf(orphan)).toBeUndefined();
  expect((await pods()).map(nameOf)).toEqual(before);
  await cluster.client.create(DEPLOYMENTS, deployment("web"));
  await rolledOut("web");
  expect((await pods()).map(nameOf)).toEqual(before);
});

test("an object whose owner is gone, or in another namespace, is collected", async () => {
  await cluster.client.create(CONFIG_MAPS, {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "owner", namespace: "kube-system" },
  });
  const owner = await cluster.client.get(CONFIG_MAPS, key("owner", "kube-system"));
  for (const [name, uid] of [
    ["abandoned", "no-such-uid"],
    ["misplaced", owner.metadata?.uid ?? ""],
  ] as const) {
    await cluster.client.create(CONFIG_MAPS, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: {
        name,
        namespace: "default",
        ownerReferences: [{ apiVersion: "v1", kind: "ConfigMap", name: "owner", uid }],
      },
    });
  }
  await start();
  await soon(async () => (await configMaps()).length === 0);
  await cluster.client.get(CONFIG_MAPS, key("owner", "kube-system"));
});

function configMap(name: string, ownerReferences: OwnerReference[] = []): ConfigMap {
  const metadata = { name, namespace: "default", ownerReferences };
  return { apiVersion: "v1", kind: "ConfigMap", metadata };
}

const ownedBy = ({ metadata }: ConfigMap, blockOwnerDeletion = true): OwnerReference => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  name: metadata?.name ?? "",
  uid: metadata?.uid ?? "",
  blockOwnerDeletion,
});

const configMaps = async (): Promise<string[]> =>
  (await cluster.client.list(CONFIG_MAPS, { namespace: "default" })).items
    .map(nameOf)
    // Every namespace has it.
    .filter((name) => name !== "kube-root-ca.crt");

test("an object with two owners outlives the first, and loses only that reference", async () => {
  await start();
  const { client } = cluster;
  const a = await client.create(CONFIG_MAPS, configMap("a"));
  const b = await client.create(CONFIG_MAPS, configMap("b"));
  await client.create(CONFIG_MAPS, configMap("child", [ownedBy(a), ownedBy(b)]));
  await client.delete(CONFIG_MAPS, key("a"));
  await soon(async () => {
    const { metadata } = await client.get(CONFIG_MAPS, key("child"));
    return metadata?.ownerReferences?.map(({ name }) => name).join() === "b";
  });
  await client.delete(CONFIG_MAPS, key("b"));
  await soon(async () => (await configMaps()).length === 0);
});

test("objects that own each other in a circle are deleted, in the foreground too", async () => {
  await start();
  const { client } = cluster;
  const a = await client.create(CONFIG_MAPS, configMap("a"));
  const b = await client.create(CONFIG_MAPS, configMap("b", [ownedBy(a)]));
  const c = await client.create(CONFIG_MAPS, configMap("c", [ownedBy(b)]));
  await client.patch(CONFIG_MAPS, key("a"), {
    type: "merge",
    body: { metadata: { ownerReferences: [ownedBy(c)] } },
  });
  await client.delete(CONFIG_MAPS, key("a"), { propagationPolicy: "Foreground" });
  await soon(async () => (await configMaps()).length === 0);
});

test("a foreground deletion waits for what blocks it", async () => {
  await start();
  const { client } = cluster;
  const owner = await client.create(CONFIG_MAPS, configMap("owner"));
  const child = configMap("child", [ownedBy(owner)]);
  const held = { ...child, metadata: { ...child.metadata, finalizers: ["example.com/hold"] } };
  await client.create(CONFIG_MAPS, held);
  await client.delete(CONFIG_MAPS, key("owner"), { propagationPolicy: "Foreground" });
  await soon(async () => {
    const { metadata } = await client.get(CONFIG_MAPS, key("child"));
    return metadata?.deletionTimestamp !== undefined;
  });
  await quiet();
  expect(await configMaps()).toEqual(["child", "owner"]);
  const body = { metadata: { finalizers: [] } };
  await client.patch(CONFIG_MAPS, key("child"), { type: "merge", body });
  await soon(async () => (await configMaps()).length === 0);
});

test("a foreground deletion does not wait for what does not block it", async () => {
  await start();
  const { client } = cluster;
  const owner = await client.create(CONFIG_MAPS, configMap("owner"));
  const child = configMap("child", [ownedBy(owner, false)]);
  const held = { ...child, metadata: { ...child.metadata, finalizers: ["example.com/hold"] } };
  await client.create(CONFIG_MAPS, held);
  await client.delete(CONFIG_MAPS, key("owner"), { propagationPolicy: "Foreground" });
  await soon(async () => (await configMaps()).join() === "child");
  await soon(async () => {
    const { metadata } = await client.get(CONFIG_MAPS, key("child"));
    return metadata?.deletionTimestamp !== undefined;
  });
});

test("orphans lose their owner, and nobody is collected for an owner of an unknown kind", async () => {
  await start();
  const { client } = cluster;
  const owner = await client.create(CONFIG_MAPS, configMap("owner"));
  const stranger = { ...ownedBy(owner), apiVersion: "example.com/v1", kind: "Stranger", uid: "u" };
  await client.create(CONFIG_MAPS, configMap("child", [ownedBy(owner)]));
  await client.create(CONFIG_MAPS, configMap("strange", [stranger]));
  await client.delete(CONFIG_MAPS, key("owner"), { propagationPolicy: "Orphan" });
  await soon(async () => (await configMaps()).join() === "child,strange");
  const { metadata } = await client.get(CONFIG_MAPS, key("child"));
  expect(metadata?.ownerReferences ?? []).toEqual([]);
  await quiet();
  expect(await configMaps()).toEqual(["child", "strange"]);
});

test("deleting a namespace deletes its content first", async () => {
  await start();
  await cluster.client.create(NAMESPACES, {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: "shop" },
  });
  const given = deployment("web");
  await cluster.client.create(DEPLOYMENTS, {
    ...given,
    metadata: { ...given.metadata, namespace: "shop" },
  });
  await rolledOut("web", "shop");
  await cluster.client.delete(NAMESPACES, { namespace: "", name: "shop" });
  await soon(async () => {
    const { items } = await cluster.client.list(NAMESPACES);
    return !items.some(({ metadata }) => metadata?.name === "shop");
  });
  for (const resource of KINDS.filter(({ namespaced }) => namespaced)) {
    const { items } = await cluster.verbs.list({ resource, namespace: "shop" });
    expect(items).toEqual([]);
  }
});

function job(name: string, spec: Partial<Job["spec"]> = {}): Job {
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name, namespace: "default" },
    spec: {
      template: {
        spec: { restartPolicy: "Never", containers: [{ name: "work", image: "busybox" }] },
      },
      ...spec,
    },
  };
}

test("a Job runs to its completions", async () => {
  await start({ fate: () => "succeeded" });
  await cluster.client.create(JOBS, job("sum", { completions: 3, parallelism: 2 }));
  const done = await soon(async () => {
    const found = await cluster.client.get(JOBS, key("sum"));
    return found.status?.conditions?.some(({ type }) => type === "Complete") && found;
  });
  expect(done.status?.succeeded).toBe(3);
  expect(done.status?.completionTime).toBeString();
  expect(done.status?.active).toBeUndefined();
  expect(await pods()).toHaveLength(3);
});

test("a Job fails once its pods have failed too often", async () => {
  await start({ fate: () => "failed" });
  await cluster.client.create(JOBS, job("sum", { backoffLimit: 0 }));
  const done = await soon(async () => {
    const found = await cluster.client.get(JOBS, key("sum"));
    return found.status?.conditions?.find(({ type }) => type === "Failed");
  });
  expect(done.reason).toBe("BackoffLimitExceeded");
});

test("an Indexed Job gives each pod its index, and goes when its time is over", async () => {
  const seen = new Set<string>();
  await start({
    fate: ({ metadata, spec }) => {
      seen.add(
        `${metadata?.labels?.["batch.kubernetes.io/job-completion-index"]} ${spec?.hostname}`,
      );
      return "succeeded";
    },
  });
  const spec = { completions: 3, parallelism: 2, completionMode: "Indexed" };
  await cluster.client.create(JOBS, job("sum", spec));
  const done = await soon(async () => {
    const { status } = await cluster.client.get(JOBS, key("sum"));
    return status?.conditions?.some(({ type }) => type === "Complete") && status;
  });
  expect(done).toMatchObject({ succeeded: 3, completedIndexes: "0-2", terminating: 0 });
  expect([...seen].sort()).toEqual(["0 sum-0", "1 sum-1", "2 sum-2"]);
  const body = { spec: { ttlSecondsAfterFinished: 0 } };
  await cluster.client.patch(JOBS, key("sum"), { type: "merge", body });
  await soon(async () => (await cluster.client.list(JOBS, {})).items.length === 0);
  expect(await pods()).toEqual([]);
});

test("pods that a Job does without have not failed, however they end", async () => {
  await start();
  const { client } = cluster;
  const { spec } = job("sum").spec?.template ?? {};
  const template = { metadata: { finalizers: ["example.com/hold"] }, ...(spec && { spec }) };
  await client.create(JOBS, job("sum", { parallelism: 2, backoffLimit: 0, template }));
  const stop = (suspend: boolean) =>
    client.patch(JOBS, key("sum"), { type: "merge", body: { spec: { suspend } } });
  const active = async () => (await client.get(JOBS, key("sum"))).status?.active;
  await soon(async () => (await active()) === 2);
  await stop(true);
  const ending = await soon(async () => {
    const found = (await pods()).filter(({ metadata }) => metadata?.deletionTimestamp);
    return found.length === 2 && found;
  });
  for (const { metadata } of ending) {
    const on = { ...key(metadata?.name ?? ""), subresource: "status" };
    await client.patch(PODS, on, { type: "merge", body: { status: { phase: "Failed" } } });
  }
  await soon(async () => (await active()) === undefined);
  await stop(false);
  await soon(async () => (await active()) === 2);
  const { status } = await client.get(JOBS, key("sum"));
  expect(status?.failed).toBeUndefined();
  expect(status?.conditions?.map(({ type }) => type)).toEqual(["Suspended"]);
});

test("a Job of somebody else's is left to him", async () => {
  await start();
  await cluster.client.create(JOBS, job("own", { managedBy: "example.com/queue" }));
  await quiet();
  expect(await pods()).toEqual([]);
});

test("a pod that fits nowhere says why, and is placed when a node has room", async () => {
  await start();
  const given = deployment("web", { replicas: 1 });
  const template = given.spec?.template;
  await cluster.client.create(DEPLOYMENTS, {
    ...given,
    spec: {
      ...given.spec,
      selector: { matchLabels: { app: "web" } },
      template: {
        ...template,
        spec: {
          containers: [{ name: "web", image: "x", resources: { requests: { cpu: "6" } } }],
        },
      },
    },
  });
  const scheduled = await soon(async () => {
    const [pod] = await pods();
    return pod?.status?.conditions?.find(({ type }) => type === "PodScheduled");
  });
  expect(scheduled).toMatchObject({
    status: "False",
    reason: "Unschedulable",
    message: "0/1 nodes are available: 1 Insufficient cpu.",
  });
  const node = await cluster.client.get(NODES, { namespace: "", name: "edge" });
  const allocatable = { ...node.status?.allocatable, cpu: "8" };
  await cluster.client.updateStatus(NODES, { ...node, status: { ...node.status, allocatable } });
  await rolledOut("web");
});

test("a pod that matters more takes the place of one that matters less, and nobody else does", async () => {
  await start();
  const { client } = cluster;
  for (const [name, value] of Object.entries({ low: 1, middle: 2, high: 3 })) {
    await client.create(PRIORITY_CLASSES, { metadata: { name }, value });
  }
  const asking = (name: string, priorityClassName: string, finalizers: string[] = []) =>
    client.create(PODS, {
      metadata: { ...key(name), finalizers },
      spec: {
        priorityClassName,
        containers: [{ name: "c", image: "x", resources: { requests: { cpu: "2" } } }],
      },
    });
  const placed = (name: string) =>
    soon(async () => (await client.get(PODS, key(name))).spec?.nodeName === "edge");
  await asking("a", "low", ["example.com/hold"]);
  await asking("b", "middle");
  await placed("a");
  await placed("b");
  await asking("c", "high");
  const victim = await soon(async () => {
    const found = await client.get(PODS, key("a"));
    return found.metadata?.deletionTimestamp !== undefined && found;
  });
  expect(victim.status?.conditions?.find(({ type }) => type === "DisruptionTarget")).toMatchObject({
    status: "True",
    reason: "PreemptionByScheduler",
  });
  await soon(async () => (await client.get(PODS, key("c"))).status?.nominatedNodeName === "edge");
  await asking("d", "middle");
  const body = { metadata: { finalizers: null } };
  await client.patch(PODS, key("a"), { type: "merge", body });
  await placed("c");
  await quiet();
  expect((await client.get(PODS, key("d"))).spec?.nodeName).toBeUndefined();
  expect((await client.get(PODS, key("b"))).metadata?.deletionTimestamp).toBeUndefined();
});
