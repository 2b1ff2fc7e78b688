import { asError, explain } from "#lib/errors.ts";
import type { Logger } from "#lib/log.ts";
import { type SiteMarks, siteMarks } from "#lib/site-marks.ts";
import { NETLINK_NETFILTER, NetlinkSocket } from "#linux/netlink/socket.ts";
import { keepTables } from "#linux/nftables/keep.ts";
import { deleteTable, hasTable, readElements, replaceTable } from "#linux/nftables/table.ts";
import { writeSysctl } from "#linux/sysctl.ts";
import { closeFirewall, FirewallGate } from "./firewall-gate.ts";
import { type PortMapping, parseElement } from "./host-ports.ts";
import { plug, unplug, unplugOthers } from "./pod-links.ts";
import type { AddressLeases, PodAddresses, PodAttachment, PodNetwork } from "./pod-network.ts";
import { ANY_ADDRESS_MAP, ONE_ADDRESS_MAP, podTable } from "./pod-table.ts";
import { PodsIPv6 } from "./pods-ipv6.ts";

export interface PodNetworkOptions {
  /** Marks what the network puts on the host. */
  readonly siteId: string;
  /** The pods' way out: the first address of the pod range. The mesh puts it on edge0. */
  readonly gateway: string;
  readonly podCIDR: string;
  readonly serviceCIDR: string;
  /** Absent: pods have no IPv6. */
  readonly podCIDR6?: string;
  /** Bytes of the largest packet of a pod. Default: what every way out of the host takes. */
  readonly mtu?: number;
  readonly leases: AddressLeases;
  readonly log: Logger;
}

/** The pod network; `close` ends its watch over the host's firewall and changes nothing else. */
export interface VethNetwork extends PodNetwork {
  close(): void;
}

/**
 * Makes the routed network of design §7: a veth per pod, /32 in the pod, one route per pod on the
 * host, no bridge. What it puts on the host stays when the process ends and is taken over by
 * comparison.
 */
export function createPodNetwork(options: PodNetworkOptions): VethNetwork {
  return new RoutedVeths(options);
}

/** Removes what the pod network of a site has left on this host: links, table, firewall rules. */
export async function removePodNetwork(siteId: string): Promise<void> {
  const marks = siteMarks(siteId);
  await unplugOthers(marks);
  using socket = new NetlinkSocket({ protocol: NETLINK_NETFILTER });
  for (const family of ["ip", "ip6"] as const) {
    deleteTable(socket, { family, name: marks.podTable });
  }
  await closeFirewall(marks);
}

class RoutedVeths implements VethNetwork {
  readonly #options: PodNetworkOptions;
  readonly #marks: SiteMarks;
  readonly #gate: FirewallGate;
  readonly #ipv6: PodsIPv6 | undefined;
  #keeper: Disposable | undefined;
  /** Address of a pod → the ports of the host that lead there. */
  readonly #mappings = new Map<string, readonly PortMapping[]>();

  constructor(options: PodNetworkOptions) {
    this.#options = options;
    this.#marks = siteMarks(options.siteId);
    const { podCIDR, podCIDR6, leases, log } = options;
    if (podCIDR6 !== undefined) {
      this.#ipv6 = new PodsIPv6({
        ...{ marks: this.#marks, podCIDR, podCIDR6, log },
        pods: () => leases.all(),
        mappings: () => [...this.#mappings.values()].flat(),
      });
    }
    this.#gate = new FirewallGate({ marks: this.#marks, admitted: options, log: options.log });
  }

  async start(aliveUids: ReadonlySet<string>, signal: AbortSignal): Promise<void> {
    const { leases } = this.#options;
    await unplugOthers(this.#marks, aliveUids);
    for (const uid of leases.all().keys()) {
      if (!aliveUids.has(uid)) await leases.release(uid);
    }
    signal.throwIfAborted();
    writeSysctl("net/ipv4/ip_forward", "1");
    // Before the table is there: somebody may take it away at once.
    this.#keeper ??= await this.#keepTable();
    this.#takeOverMappings(new Set(leases.all().values()));
    this.#applyTable();
    if (this.#ipv6) await this.#ipv6.start();
    else this.#forgetIPv6();
    await this.#gate.open();
  }

  async attach(pod: PodAttachment, signal: AbortSignal): Promise<PodAddresses> {
    const { leases, gateway, mtu } = this.#options;
    const { uid, pid, hostPorts } = pod;
    const address = await leases.lease(uid);
    const address6 = this.#ipv6?.addressBeside(address);
    signal.throwIfAborted();
    try {
      this.#ipv6?.apply();
      await plug({
        marks: this.#marks,
        uid,
        pid,
        address,
        ...(address6 !== undefined && { address6 }),
        gateway,
        ...(mtu !== undefined && { mtu }),
        hasHostPorts: hostPorts.length > 0,
      });
      this.#map(
        address,
        hostPorts.map((port) => ({ ...port, address })),
      );
    } catch (error) {
      const name = `${pod.namespace}/${pod.name}`;
      throw new Error(`Cannot put the pod ${name} on the network: ${explain(error)}`, {
        cause: error,
      });
    }
    return { ipv4: address, ...(address6 !== undefined && { ipv6: address6 }) };
  }

  async detach(uid: string, signal: AbortSignal): Promise<void> {
    const { leases } = this.#options;
    const address = leases.all().get(uid);
    if (address !== undefined) this.#map(address, []);
    await unplug(this.#marks, uid);
    signal.throwIfAborted();
    await leases.release(uid);
  }

  close(): void {
    this.#gate[Symbol.dispose]();
    this.#keeper?.[Symbol.dispose]();
    this.#ipv6?.[Symbol.dispose]();
  }

  #map(address: string, mappings: readonly PortMapping[]): void {
    const before = this.#mappings.get(address) ?? [];
    if (mappings.length > 0) this.#mappings.set(address, mappings);
    else this.#mappings.delete(address);
    if (JSON.stringify(before) !== JSON.stringify(mappings)) this.#applyTable();
  }

  #applyTable(): void {
    using socket = new NetlinkSocket({ protocol: NETLINK_NETFILTER });
    const mappings = [...this.#mappings.values()].flat();
    replaceTable(socket, podTable({ ...this.#options, marks: this.#marks, mappings }));
    this.#ipv6?.apply();
  }

  /** The configuration gave pods IPv6 before, and does not any more. */
  #forgetIPv6(): void {
    using socket = new NetlinkSocket({ protocol: NETLINK_NETFILTER });
    const table = { family: "ip6", name: this.#marks.podTable } as const;
    if (hasTable(socket, table)) deleteTable(socket, table);
  }

  #keepTable(): Promise<Disposable> {
    const { log } = this.#options;
    return keepTables({
      tables: (this.#ipv6 ? (["ip", "ip6"] as const) : (["ip"] as const)).map((family) => ({
        family,
        name: this.#marks.podTable,
      })),
      put: () => this.#applyTable(),
      onLoss(failure) {
        if (failure === undefined) log.info("The pods' table was removed: it is back");
        else log.warn("The pods' table was removed", { error: asError(failure) });
      },
    });
  }

  /** What an earlier process has mapped holds until its pod is attached again. */
  #takeOverMappings(alive: ReadonlySet<string>): void {
    using socket = new NetlinkSocket({ protocol: NETLINK_NETFILTER });
    const table = { family: "ip", name: this.#marks.podTable } as const;
    const found = [ANY_ADDRESS_MAP, ONE_ADDRESS_MAP]
      .flatMap((map) => readElements(socket, table, map) ?? [])
      .flatMap((element) => parseElement(element) ?? [])
      .filter(({ address }) => alive.has(address));
    for (const [address, mappings] of Map.groupBy(found, (one) => one.address)) {
      this.#mappings.set(address, mappings);
    }
  }
}
