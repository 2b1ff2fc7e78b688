import {
  type Node,
  nameOf,
  namespaceOf,
  objectKey,
  type Pod,
  type PodStatus,
} from "#api/object.ts";
import { isTerminal, podCondition } from "#api/pod.ts";
import { NODES, PODS } from "#api/resources.ts";
import { hasReason } from "#api/status.ts";
import type { Client } from "#client/client.ts";
import { createController } from "#client/controller.ts";
import type { InformerFactory } from "#client/informer.ts";
import { WorkQueue } from "#client/workqueue.ts";
import { rfc3339, systemClock } from "#lib/clock.ts";
import { silentLogger } from "#lib/log.ts";

export interface FakeKubeletOptions {
  readonly client: Client;
  readonly informers: InformerFactory;
  readonly signal: AbortSignal;
  /** The node it is; `edge` by default. */
  readonly name?: string;
  /** What becomes of a pod; ready by default. */
  readonly fate?: (pod: Pod) => "ready" | "running" | "succeeded" | "failed";
}

/** Registers a node and, without running anything, says of its pods what a kubelet would. */
export async function startFakeKubelet(options: FakeKubeletOptions): Promise<Node> {
  const { client, informers, signal, name = "edge", fate = () => "ready" } = options;
  const node = await client.create(NODES, nodeNamed(name));
  const pods = informers.informer(PODS);
  const queue = new WorkQueue({ clock: systemClock });
  let addresses = 0;
  const queueOwn = (pod: Pod): void => {
    if (pod.spec?.nodeName === name) queue.add(objectKey(pod));
  };
  const handler = { added: queueOwn, updated: queueOwn };
  const controller = createController({
    name: "fake-kubelet",
    queue,
    log: silentLogger,
    removals: [pods.addHandler(handler)],
    async reconcile(key) {
      const pod = pods.get(key);
      if (pod === undefined) return undefined;
      if (pod.metadata?.deletionTimestamp !== undefined) await remove(client, pod);
      else if (!isSettled(pod, fate(pod))) {
        const podIP = pod.status?.podIP ?? `10.42.0.${++addresses + 1}`;
        const status = statusOf(pod, fate(pod), podIP);
        await client.updateStatus(PODS, { ...pod, status });
      }
      return undefined;
    },
  });
  void controller.run(signal);
  return node;
}

type Fate = ReturnType<NonNullable<FakeKubeletOptions["fate"]>>;

function isSettled(pod: Pod, fate: Fate): boolean {
  if (isTerminal(pod)) return true;
  const ready = podCondition(pod, "Ready")?.status;
  return pod.status?.phase === "Running" && ready === (fate === "ready" ? "True" : "False");
}

async function remove(client: Client, pod: Pod): Promise<void> {
  const key = { namespace: namespaceOf(pod), name: nameOf(pod) };
  const preconditions = pod.metadata?.uid === undefined ? {} : { uid: pod.metadata.uid };
  await client
    .delete(PODS, key, { gracePeriodSeconds: 0, preconditions })
    .catch((error: unknown) => {
      if (!hasReason(error, "NotFound")) throw error;
    });
}

function statusOf(pod: Pod, fate: Fate, podIP: string): PodStatus {
  const lastTransitionTime = rfc3339(systemClock.now());
  const phases = { ready: "Running", running: "Running", succeeded: "Succeeded", failed: "Failed" };
  const ready = fate === "ready" ? "True" : "False";
  const kept = (pod.status?.conditions ?? []).filter(({ type }) => type !== "Ready");
  return {
    ...pod.status,
    phase: phases[fate],
    podIP,
    podIPs: [{ ip: podIP }],
    conditions: [...kept, { type: "Ready", status: ready, lastTransitionTime }],
  };
}

function nodeNamed(name: string): Node {
  const stamp = rfc3339(systemClock.now());
  const allocatable = { cpu: "4", memory: "8Gi", pods: "110" };
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, labels: { "kubernetes.io/hostname": name } },
    status: {
      capacity: allocatable,
      allocatable,
      conditions: [
        {
          type: "Ready",
          status: "True",
          reason: "KubeletReady",
          lastHeartbeatTime: stamp,
          lastTransitionTime: stamp,
        },
      ],
    },
  };
}
