import type { Logger } from "#lib/log.ts";
import type { AddressLeases, PodNetwork } from "./pod-network.ts";

export interface PodNetworkOptions {
  /** Marks what the network puts on the host. */
  readonly siteId: string;
  /** The pods' way out: the first address of the pod range. The mesh puts it on edge0. */
  readonly gateway: string;
  readonly podCIDR: string;
  readonly serviceCIDR: string;
  readonly leases: AddressLeases;
  readonly log: Logger;
}

/** Makes the routed network of design §7. `close` ends its watch over the host's firewall. */
export type CreatePodNetwork = (options: PodNetworkOptions) => PodNetwork & { close(): void };

/** Removes what the pod network of a site has left on this host: links, tables, routes. */
export type RemovePodNetwork = (siteId: string) => Promise<void>;
