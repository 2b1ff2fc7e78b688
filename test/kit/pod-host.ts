import type { AddressLeases, HostPort, PodAddresses } from "#edged/network/pod-network.ts";
import {
  createPodNetwork,
  removePodNetwork,
  type VethNetwork,
} from "#edged/network/veth-network.ts";
import { silentLogger } from "#lib/log.ts";
import { enterNewNetworkNamespace } from "#linux/namespace.ts";
import { writeSysctl } from "#linux/sysctl.ts";
import { MeshHost } from "#mesh/host.ts";
import { removeMesh } from "#mesh/remove-mesh.ts";
import type { PodProcess } from "./pod-process.ts";
import { output } from "./process.ts";

const SITE = "pod-host";
/** The addresses of a site on such a host. */
export const RANGES = {
  gateway: "10.42.0.1",
  podCIDR: "10.42.0.0/24",
  serviceCIDR: "10.43.0.0/16",
};
/** The host's address on its LAN, and the one of the machine next door. */
export const HOST = "192.0.2.1";
export const OUTSIDE = "192.0.2.2";

/** Leases that are forgotten with the process. */
export class MemoryLeases implements AddressLeases {
  readonly #addresses = new Map<string, string>();
  readonly #network: string;
  #next = 2;

  /** Addresses of the network of 24 bits that this is the first one of. */
  constructor(gateway = RANGES.gateway) {
    this.#network = gateway.replace(/\d+$/, "");
  }

  async lease(uid: string): Promise<string> {
    const address = this.#addresses.get(uid) ?? `${this.#network}${this.#next++}`;
    this.#addresses.set(uid, address);
    return address;
  }

  async release(uid: string): Promise<void> {
    this.#addresses.delete(uid);
  }

  all(): ReadonlyMap<string, string> {
    return this.#addresses;
  }
}

interface SiteOptions {
  readonly siteId?: string;
  readonly ranges?: typeof RANGES;
  readonly mtu?: number;
  readonly podCIDR6?: string;
}

/** The networks of a site on the host that the test is in. */
export class PodSite implements AsyncDisposable {
  readonly leases: MemoryLeases;
  readonly network: VethNetwork;
  readonly #siteId: string;
  readonly #signal = new AbortController().signal;

  private constructor({ siteId = SITE, ranges = RANGES, ...options }: SiteOptions) {
    this.#siteId = siteId;
    this.leases = new MemoryLeases(ranges.gateway);
    const { leases } = this;
    new MeshHost({ siteId, ...ranges, dnsAddress: "169.254.96.16" }).guard([]);
    this.network = createPodNetwork({ siteId, ...ranges, ...options, leases, log: silentLogger });
  }

  static async start(options: SiteOptions = {}): Promise<PodSite> {
    const site = new PodSite(options);
    await site.network.start(new Set(), site.#signal);
    return site;
  }

  /** Puts a process on the network as a pod, and answers its address. */
  async attach(uid: string, pod: PodProcess, hostPorts: readonly HostPort[] = []): Promise<string> {
    return (await this.attachBoth(uid, pod, hostPorts)).ipv4;
  }

  /** As `attach`, with the address of IPv6 where there is one. */
  attachBoth(
    uid: string,
    { pid }: PodProcess,
    hostPorts: readonly HostPort[] = [],
  ): Promise<PodAddresses> {
    return this.network.attach(
      { uid, namespace: "default", name: uid, pid, hostPorts },
      this.#signal,
    );
  }

  /** What `edgesite reset` does to the networks. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.network.close();
    await removePodNetwork(this.#siteId);
    await removeMesh(this.#siteId);
  }
}

/** A host with loopback and nothing else, which the calling thread is in until it is disposed of. */
export async function enterBareHost(): Promise<Disposable> {
  const host = enterNewNetworkNamespace();
  // Link-local addresses come in their own time: nothing here speaks IPv6 unless it says so.
  writeSysctl("net/ipv6/conf/default/disable_ipv6", "1");
  await output(["ip", "link", "set", "lo", "up"]);
  return host;
}

/** Joins the host to the machine next door, which is its way out. */
export async function joinLan(outside: PodProcess): Promise<void> {
  const peer = ["peer", "name", "eth0", "netns", `${outside.pid}`];
  await output(["ip", "link", "add", "lan0", "type", "veth", ...peer]);
  await output(["ip", "address", "add", `${HOST}/24`, "dev", "lan0"]);
  await output(["ip", "link", "set", "lan0", "up"]);
  await output(["ip", "route", "add", "default", "via", OUTSIDE]);
  await outside.output(["ip", "address", "add", `${OUTSIDE}/24`, "dev", "eth0"]);
  await outside.output(["ip", "link", "set", "eth0", "up"]);
}

/** All that the host has of links, addresses, routes and rules, without counters. */
export async function networkOfHost(): Promise<string> {
  const commands = [
    ["ip", "-o", "link"],
    ["ip", "address"],
    ["ip", "route", "show", "table", "all"],
    ["ip", "-6", "route", "show", "table", "all"],
    ["ip", "rule"],
    ["nft", "--stateless", "list", "ruleset"],
    ...["iptables", "ip6tables"].map((program) => [
      "sh",
      "-c",
      `${program}-legacy-save | grep -v '^#' | sed 's/\\[[0-9:]*\\]//'`,
    ]),
  ];
  const texts: string[] = [];
  for (const command of commands) texts.push(await output(command));
  return texts.join("\n");
}
