import { afterEach, beforeEach, expect, test } from "bun:test";
import type { Lease, Node, Pod } from "#api/object.ts";
import { LEASES, NODES, PODS } from "#api/resources.ts";
import { hasReason } from "#api/status.ts";
import { rfc3339Micro } from "#lib/clock.ts";
import { eventually } from "#test/kit/eventually.ts";
import { ManualClock } from "#test/kit/manual-clock.ts";
import { createMemoryCluster, type MemoryCluster } from "#test/kit/memory-cluster.ts";

const GRACE_MS = 50_000;

let clock: ManualClock;
let cluster: MemoryCluster;

beforeEach(async () => {
  clock = new ManualClock();
  cluster = await createMemoryCluster({ clock, timer: clock });
});
afterEach(() => cluster[Symbol.asyncDispose]());

const soon = <T>(check: () => T | Promise<T>) => eventually(check, { withinMs: 5_000 });
const nodeKey = (name: string) => ({ namespace: "", name });
const node = (name: string): Promise<Node> => cluster.client.get(NODES, nodeKey(name));
const readyOf = async (name: string): Promise<string | undefined> =>
  (await node(name)).status?.conditions?.find(({ type }) => type === "Ready")?.status;
const taintsOf = async (name: string): Promise<string[]> =>
  ((await node(name)).spec?.taints ?? []).map(({ key, effect }) => `${key}:${effect}`).sort();

/** Lets the controllers do what is due; they need no time for it but turns of the event loop. */
async function settle(): Promise<void> {
  for (let before = -1; before !== cluster.store.resourceVersion; ) {
    before = cluster.store.resourceVersion;
    await Bun.sleep(30);
  }
}

async function pass(ms: number): Promise<void> {
  await settle();
  clock.advance(ms);
  await settle();
}

async function addNode(name: string): Promise<void> {
  const stamp = "2001-01-01T00:00:00Z";
  await cluster.client.create(NODES, {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name },
    status: {
      allocatable: { cpu: "1", memory: "1Gi", pods: "9" },
      conditions: [
        { type: "Ready", status: "True", lastHeartbeatTime: stamp, lastTransitionTime: stamp },
      ],
    },
  });
}

async function addPod(nodeName: string, tolerationSeconds?: number): Promise<Pod> {
  const toleration = {
    key: "node.kubernetes.io/unreachable",
    operator: "Exists",
    effect: "NoExecute",
  };
  const metadata = { name: `on-${nodeName}`, namespace: "default" };
  const tolerations =
    tolerationSeconds === undefined ? [toleration] : [{ ...toleration, tolerationSeconds }];
  return await cluster.client.create(PODS, {
    apiVersion: "v1",
    kind: "Pod",
    metadata,
    spec: { nodeName, tolerations, containers: [{ name: "c", image: "i" }] },
  });
}

async function renew(name: string): Promise<void> {
  const key = { namespace: "kube-node-lease", name };
  const spec = { holderIdentity: name, renewTime: rfc3339Micro(clock.now()) };
  const lease: Lease = {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: key,
    spec,
  };
  try {
    await cluster.client.patch(LEASES, key, { type: "merge", body: { spec } });
  } catch (error) {
    if (!hasReason(error, "NotFound")) throw error;
    await cluster.client.create(LEASES, lease);
  }
}

async function report(name: string, status: "True" | "False"): Promise<void> {
  const stored = await node(name);
  const stamp = `${clock.now().toISOString().slice(0, 19)}Z`;
  const conditions = [
    { type: "Ready", status, lastHeartbeatTime: stamp, lastTransitionTime: stamp },
  ];
  await cluster.client.updateStatus(NODES, { ...stored, status: { ...stored.status, conditions } });
}

test("a node without a Lease, with stamps of long ago, has a whole grace period from our start", async () => {
  await addNode("a");
  await cluster.start({ nodeGraceMs: GRACE_MS });
  await pass(GRACE_MS - 1);
  expect(await readyOf("a")).toBe("True");
  await pass(1);
  await soon(async () => (await readyOf("a")) === "Unknown");
  const conditions = (await node("a")).status?.conditions ?? [];
  expect(conditions.map(({ type, status }) => `${type}=${status}`).sort()).toEqual([
    "DiskPressure=Unknown",
    "MemoryPressure=Unknown",
    "PIDPressure=Unknown",
    "Ready=Unknown",
  ]);
});

test("a Lease that is renewed keeps a node Ready, whatever its wall clock says", async () => {
  await addNode("a");
  await cluster.start({ nodeGraceMs: GRACE_MS });
  for (let i = 0; i < 4; i++) {
    await pass(GRACE_MS * 0.8);
    await renew("a");
  }
  await settle();
  expect(await readyOf("a")).toBe("True");
});

test("a node that falls silent beside one that lives is tainted, its pods are evicted in time", async () => {
  await addNode("a");
  await addNode("b");
  await cluster.start({ nodeGraceMs: GRACE_MS });
  await addPod("a", 100);
  await addPod("b");
  await pass(GRACE_MS / 2);
  await report("b", "True");
  await pass(GRACE_MS / 2);
  await soon(async () => (await taintsOf("a")).length === 2);
  expect(await taintsOf("a")).toEqual([
    "node.kubernetes.io/unreachable:NoExecute",
    "node.kubernetes.io/unreachable:NoSchedule",
  ]);
  expect(await taintsOf("b")).toEqual([]);
  const ending = async () =>
    (await cluster.client.list(PODS)).items.filter(({ metadata }) => metadata?.deletionTimestamp);
  for (let i = 0; i < 9; i++) {
    await renew("b");
    await pass(11_000);
  }
  expect(await ending()).toEqual([]);
  await renew("b");
  await pass(2_000);
  const [evicted] = await soon(async () => (await ending()).length === 1 && (await ending()));
  expect(evicted?.metadata?.name).toBe("on-a");
  expect(
    evicted?.status?.conditions?.find(({ type }) => type === "DisruptionTarget"),
  ).toMatchObject({
    status: "True",
    reason: "DeletionByTaintManager",
  });
});

test("a node that comes back loses its taints and evicts nobody", async () => {
  await addNode("a");
  await addNode("b");
  await cluster.start({ nodeGraceMs: GRACE_MS });
  await addPod("a", 300);
  await pass(GRACE_MS / 2);
  await renew("b");
  await pass(GRACE_MS / 2);
  await soon(async () => (await taintsOf("a")).length === 2);
  await report("a", "True");
  await soon(async () => (await taintsOf("a")).length === 0);
  for (let i = 0; i < 8; i++) {
    await Promise.all([renew("a"), renew("b")]);
    await pass(GRACE_MS * 0.9);
  }
  const { items } = await cluster.client.list(PODS);
  expect(items.map(({ metadata }) => metadata?.deletionTimestamp)).toEqual([undefined]);
});

test("where no node is ready nobody is evicted: there is nowhere to go", async () => {
  await addNode("a");
  await cluster.start({ nodeGraceMs: GRACE_MS });
  await addPod("a", 0);
  await pass(GRACE_MS);
  await soon(async () => (await taintsOf("a")).length === 1);
  expect(await taintsOf("a")).toEqual(["node.kubernetes.io/unreachable:NoSchedule"]);
  await pass(600_000);
  const { items } = await cluster.client.list(PODS);
  expect(items).toHaveLength(1);
  expect(items[0]?.metadata?.deletionTimestamp).toBeUndefined();
});

test("a node that is new, says it is not ready, or is cordoned, is tainted so", async () => {
  await addNode("a");
  await addNode("b");
  expect(await taintsOf("a")).toEqual(["node.kubernetes.io/not-ready:NoSchedule"]);
  await cluster.start({ nodeGraceMs: GRACE_MS });
  await soon(async () => [...(await taintsOf("a")), ...(await taintsOf("b"))].length === 0);
  await report("a", "False");
  await soon(async () => (await taintsOf("a")).length === 2);
  expect(await taintsOf("a")).toEqual([
    "node.kubernetes.io/not-ready:NoExecute",
    "node.kubernetes.io/not-ready:NoSchedule",
  ]);
  const body = { spec: { unschedulable: true } };
  await cluster.client.patch(NODES, nodeKey("b"), { type: "merge", body });
  await soon(async () =>
    (await taintsOf("b")).includes("node.kubernetes.io/unschedulable:NoSchedule"),
  );
});

test("a pod that is to go goes though its node is gone; others stay for a node that comes back", async () => {
  await addNode("lost");
  const { client } = cluster;
  await addPod("lost");
  await cluster.start();
  await client.create(PODS, {
    metadata: { name: "stays", namespace: "default" },
    spec: { nodeName: "lost", containers: [{ name: "c", image: "x" }] },
  });
  const key = { namespace: "default", name: "on-lost" };
  await client.delete(NODES, nodeKey("lost"));
  await client.delete(PODS, key);
  await pass(39_000);
  expect((await client.get(PODS, key)).metadata?.deletionTimestamp).toBeString();
  await pass(1_000);
  await soon(async () => {
    const { items } = await client.list(PODS, { namespace: "default" });
    return items.map(({ metadata }) => metadata?.name).join() === "stays";
  });

  await addNode("lost");
  await settle();
  await client.delete(PODS, { namespace: "default", name: "stays" });
  await pass(60_000);
  expect((await client.list(PODS, { namespace: "default" })).items).toHaveLength(1);
});
