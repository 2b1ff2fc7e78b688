import type { NodeStreams } from "#api/node-streams.ts";
import type { Bus } from "#bus/bus.ts";
import type { Module } from "#bus/module.ts";
import type { Clock } from "#lib/clock.ts";
import type { Logger } from "#lib/log.ts";
import type { MetaClient } from "#meta/meta-client.ts";
import type { PodNetwork } from "./network/pod-network.ts";
import type { Runtime } from "./runtime/runtime.ts";
import type { EngineStatus } from "./runtime/types.ts";

/** What the node says of itself beside what it measures. */
export interface NodeOptions {
  readonly name: string;
  /** Addresses other machines reach this node on; the first is the pods' `hostIP`. */
  readonly addresses: readonly string[];
  /** `v1.36.x+edgesite.y` */
  readonly kubeletVersion: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly podCIDR?: string;
  /** Default 110. */
  readonly maxPods?: number;
  /** How often the lease is renewed, KubeEdge's `nodeUpdateFrequency`. Default 10 s. */
  readonly leaseRenewMs?: number;
}

export interface DnsOptions {
  readonly server: string;
  /** `cluster.local` */
  readonly domain: string;
}

export interface EdgedOptions {
  readonly bus: Bus;
  readonly meta: MetaClient;
  readonly runtime: Runtime;
  readonly network: PodNetwork;
  /** Pod directories lie under it, `<uid>/…`, as kubelet's. */
  readonly podsDirectory: string;
  readonly node: NodeOptions;
  readonly dns: DnsOptions;
  /** Answers why the node cannot serve though its engine does, or nothing: `mesh is not ready`. */
  readonly notReadyReason?: () => string | undefined;
  readonly log: Logger;
  readonly clock: Clock;
}

export interface EdgedStatus {
  readonly engine: EngineStatus;
  readonly pods: number;
  readonly containersRunning: number;
  readonly node: { readonly ready: boolean; readonly reason: string };
}

export interface Edged {
  readonly module: Module;
  /** Logs, exec, attach and port-forward of this node's pods. */
  readonly streams: NodeStreams;
  status(): EdgedStatus;
}

/** The node agent: runs the pods that metaManager names, and says how they are. */
export type CreateEdged = (options: EdgedOptions) => Edged;
