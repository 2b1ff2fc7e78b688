import type { Lease, Node, NodeCondition } from "#api/object.ts";
import { rfc3339, rfc3339Micro } from "#lib/clock.ts";
import type { EngineStatus, ImageInfo } from "../runtime/types.ts";
import type { Headroom, MachineFacts } from "./machine.ts";

/** What pods may not have: the node itself lives on it (KubeEdge's 100 Mi). */
const RESERVED_MEMORY_BYTES = 100 * 1024 * 1024;
/** kubelet's hard eviction thresholds. */
const MIN_MEMORY_BYTES = 100 * 1024 * 1024;
const MIN_STORAGE_SHARE = 0.1;
const MIN_INODES_SHARE = 0.05;
const MIN_PIDS_SHARE = 0.05;
/** kubelet's `nodeStatusMaxImages`. */
const MAX_IMAGES = 50;
const LEASE_NAMESPACE = "kube-node-lease";
const LEASE_SECONDS = 40;
const DEFAULT_MAX_PODS = 110;

/** What the node says of itself beside what it measures. */
export interface NodeOptions {
  readonly name: string;
  /** `v1.36.x+edgesite.y` */
  readonly kubeletVersion: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** First the IPv4 one. */
  readonly podCIDRs?: readonly string[];
  /** Default 110. */
  readonly maxPods?: number;
  /** How often the lease is renewed, KubeEdge's `nodeUpdateFrequency`. Default 10 s. */
  readonly leaseRenewMs?: number;
}

export interface NodeFacts {
  readonly options: NodeOptions;
  /** Those that other machines reach this node on. */
  readonly addresses: readonly string[];
  readonly machine: MachineFacts;
  readonly headroom: Headroom;
  readonly engine: EngineStatus;
  /** The scheme of container IDs: the runtime's name. */
  readonly scheme: string;
  readonly images: readonly ImageInfo[];
  /** Why the node does not serve, beside its engine. */
  readonly notReadyReason: string | undefined;
  /** The conditions said last, for the times of their transitions. */
  readonly before: readonly NodeCondition[];
  readonly now: Date;
}

export function capacityOf(machine: MachineFacts, options: NodeOptions): Record<string, string> {
  return {
    cpu: String(machine.cpus),
    "ephemeral-storage": kibibytes(machine.storageBytes),
    memory: kibibytes(machine.memoryBytes),
    pods: String(options.maxPods ?? DEFAULT_MAX_PODS),
  };
}

function specOf({ podCIDRs = [] }: NodeOptions): NonNullable<Node["spec"]> {
  const [podCIDR] = podCIDRs;
  return podCIDR === undefined ? {} : { podCIDR, podCIDRs: [...podCIDRs] };
}

export function allocatableOf(machine: MachineFacts, options: NodeOptions): Record<string, string> {
  const memoryBytes = Math.max(machine.memoryBytes - RESERVED_MEMORY_BYTES, 0);
  return { ...capacityOf(machine, options), memory: kibibytes(memoryBytes) };
}

/** The node as it registers and reports itself. */
export function nodeObject(facts: NodeFacts): Node {
  const { options, addresses, machine } = facts;
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: options.name, labels: labelsOf(options, machine) },
    spec: specOf(options),
    status: {
      capacity: capacityOf(machine, options),
      allocatable: allocatableOf(machine, options),
      conditions: conditionsOf(facts),
      addresses: [
        ...addresses.map((address) => ({ type: "InternalIP", address })),
        { type: "Hostname", address: options.name },
      ],
      daemonEndpoints: { kubeletEndpoint: { Port: 0 } },
      nodeInfo: nodeInfo(facts),
      images: imagesOf(facts.images),
    },
  };
}

/** The heartbeat that costs nobody anything: node health goes by it. */
export function nodeLease({ name }: NodeOptions, now: Date): Lease {
  return {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: { name, namespace: LEASE_NAMESPACE },
    spec: {
      holderIdentity: name,
      leaseDurationSeconds: LEASE_SECONDS,
      renewTime: rfc3339Micro(now),
    },
  };
}

/** What people and schedulers look for; KubeEdge's nodes carry the two roles. */
function labelsOf({ name, labels }: NodeOptions, { architecture }: MachineFacts) {
  return {
    "beta.kubernetes.io/arch": architecture,
    "beta.kubernetes.io/os": "linux",
    "kubernetes.io/arch": architecture,
    "kubernetes.io/hostname": name,
    "kubernetes.io/os": "linux",
    "node-role.kubernetes.io/agent": "",
    "node-role.kubernetes.io/edge": "",
    ...labels,
  };
}

function nodeInfo({ machine, engine, scheme, options }: NodeFacts) {
  const { kernelVersion, osImage, machineID, systemUUID, bootID, architecture } = machine;
  return {
    ...{ kernelVersion, osImage, machineID, systemUUID, bootID, architecture },
    operatingSystem: "linux",
    containerRuntimeVersion: `${scheme}://${engine.reachable ? engine.version : "Unknown"}`,
    kubeletVersion: options.kubeletVersion,
    kubeProxyVersion: "",
  };
}

interface Judgement {
  readonly type: string;
  readonly status: "True" | "False";
  readonly reason: string;
  readonly message: string;
}

function conditionsOf(facts: NodeFacts): NodeCondition[] {
  const { headroom, before, now } = facts;
  const judged: Judgement[] = [
    pressure("MemoryPressure", headroom.memoryAvailableBytes < MIN_MEMORY_BYTES, {
      yes: ["KubeletHasInsufficientMemory", "kubelet has insufficient memory available"],
      no: ["KubeletHasSufficientMemory", "kubelet has sufficient memory available"],
    }),
    pressure(
      "DiskPressure",
      headroom.storageAvailableShare < MIN_STORAGE_SHARE ||
        headroom.inodesAvailableShare < MIN_INODES_SHARE,
      {
        yes: ["KubeletHasDiskPressure", "kubelet has disk pressure"],
        no: ["KubeletHasNoDiskPressure", "kubelet has no disk pressure"],
      },
    ),
    pressure("PIDPressure", headroom.pidsAvailableShare < MIN_PIDS_SHARE, {
      yes: ["KubeletHasInsufficientPID", "kubelet has insufficient PID available"],
      no: ["KubeletHasSufficientPID", "kubelet has sufficient PID available"],
    }),
    readiness(facts),
  ];
  return judged.map((judgement) => {
    const known = before.find(({ type }) => type === judgement.type);
    const same = known?.status === judgement.status && known.lastTransitionTime;
    return {
      ...judgement,
      lastHeartbeatTime: rfc3339(now),
      lastTransitionTime: same || rfc3339(now),
    };
  });
}

/** KubeEdge's words. */
function readiness({ engine, notReadyReason }: NodeFacts): Judgement {
  const reasons = [engine.reachable ? undefined : engine.reason, notReadyReason];
  const why = reasons.filter((one) => one !== undefined).join("; ");
  return why === ""
    ? {
        type: "Ready",
        status: "True",
        reason: "EdgeReady",
        message: "edge is posting ready status",
      }
    : { type: "Ready", status: "False", reason: "EdgeNotReady", message: why };
}

type Words = readonly [reason: string, message: string];

function pressure(type: string, is: boolean, { yes, no }: { yes: Words; no: Words }): Judgement {
  const [reason, message] = is ? yes : no;
  return { type, status: is ? "True" : "False", reason, message };
}

function imagesOf(images: readonly ImageInfo[]) {
  return images
    .filter(({ names }) => names.length > 0)
    .toSorted((a, b) => b.sizeBytes - a.sizeBytes)
    .slice(0, MAX_IMAGES)
    .map(({ names, sizeBytes }) => ({ names: [...names], sizeBytes }));
}

function kibibytes(bytes: number): string {
  return `${Math.floor(bytes / 1024)}Ki`;
}
