import type { Bus } from "#bus/bus.ts";
import type { Module } from "#bus/module.ts";
import type { Clock } from "#lib/clock.ts";
import type { Logger } from "#lib/log.ts";
import type { MetaClient } from "#meta/meta-client.ts";

export interface EdgeMeshOptions {
  readonly bus: Bus;
  readonly meta: MetaClient;
  /** Marks what the mesh puts on the host. */
  readonly siteId: string;
  /** The first address of the pod range; it lies on edge0. */
  readonly gateway: string;
  readonly dnsAddress: string;
  readonly podCIDR: string;
  readonly serviceCIDR: string;
  /** `cluster.local` */
  readonly clusterDomain: string;
  /** Servers that names outside the cluster are asked of. Empty: those of the host's resolv.conf. */
  readonly upstreams: readonly string[];
  /** Default `/etc/resolv.conf`. */
  readonly hostResolvConf?: string;
  readonly log: Logger;
  readonly clock: Clock;
}

export interface EdgeMeshStatus {
  /** Whether Services and names are served. */
  readonly ready: boolean;
  /** Why the mesh is not ready; the node says the same. */
  readonly reason?: string;
  readonly dataPlane: "userspace";
  /** The link that carries the addresses. */
  readonly link?: { readonly name: string; readonly kind: "dummy" | "bridge" };
  /** What is done in a lesser way than usual on this host, a sentence each. */
  readonly notes: readonly string[];
  readonly services: number;
  /** Addresses and ports that answer: `10.43.0.1:443/TCP`. */
  readonly listeners: readonly string[];
}

export interface EdgeMesh {
  /** Name `edgemesh`, group `mesh`. */
  readonly module: Module;
  status(): EdgeMeshStatus;
}

/** The service mesh of this node: edge0, DNS, and the proxy of Services. */
export type CreateEdgeMesh = (options: EdgeMeshOptions) => EdgeMesh;

/** Removes what the mesh of a site has left on this host: edge0, tables, routes. */
export type RemoveMesh = (siteId: string) => Promise<void>;
