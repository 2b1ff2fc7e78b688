import { contains, parseCidr } from "#lib/cidr.ts";
import type { Logger } from "#lib/log.ts";
import { Forwarder } from "./dns/forwarder.ts";
import { hostUpstreams } from "./dns/host-upstreams.ts";
import { clientRule, Resolver } from "./dns/resolver.ts";
import { type DnsServer, startDnsServer } from "./dns/server.ts";
import { MeshHost } from "./host.ts";
import {
  type Applied,
  type BoundListener,
  type ListenerSpec,
  listenerKey,
  type ProxyProtocol,
} from "./proxy/protocol.ts";
import { type ServiceProxy, startServiceProxy } from "./proxy/service-proxy.ts";
import type { MeshService, MeshTable, Protocol } from "./table.ts";

export interface DataPlaneOptions {
  readonly siteId: string;
  readonly gateway: string;
  readonly dnsAddress: string;
  readonly podCIDR: string;
  readonly serviceCIDR: string;
  readonly clusterDomain: string;
  readonly upstreams: readonly string[];
  readonly hostResolvConf: string;
  readonly log: Logger;
}

/**
 * What answers: edge0 with its addresses, DNS, and the proxy of Services, brought in line with a
 * table as often as it changes. Closing it stops DNS and proxy; edge0 and the tables of the kernel
 * stay for the next one, which takes them over by comparison.
 */
export class DataPlane implements AsyncDisposable {
  readonly #options: DataPlaneOptions;
  readonly #resolver: Resolver;
  readonly #proxy: ServiceProxy = startServiceProxy();
  #host: MeshHost | undefined;
  #guardKeeper: Disposable | undefined;
  #dns: DnsServer | undefined;

  constructor(options: DataPlaneOptions, table: MeshTable) {
    const { clusterDomain: domain, dnsAddress, gateway, podCIDR, serviceCIDR, log } = options;
    const own = new Set([dnsAddress, gateway]);
    const path = options.hostResolvConf;
    const upstreams = hostUpstreams({ configured: options.upstreams, path, own });
    const zone = { domain, dnsAddress, podCIDR, serviceCIDR };
    this.#options = options;
    this.#resolver = new Resolver({ zone, forwarder: new Forwarder({ upstreams }), log }, table);
  }

  /** Rejects when the proxy is lost; never resolves. */
  get lost(): Promise<never> {
    return this.#proxy.lost;
  }

  /** What carries the addresses, once it is there. */
  get host(): MeshHost | undefined {
    return this.#host;
  }

  /**
   * Makes everything answer as `table` says. A port stops being reachable before its address goes,
   * and starts being so after its listener is there.
   * @throws {NetlinkError} `EPERM` without privilege; what else the host refuses.
   */
  async apply(table: MeshTable): Promise<Applied> {
    this.#resolver.replaceTable(table);
    this.#host ??= new MeshHost(this.#options);
    const clusterIPs = clusterIPsOf(table);
    this.#host.addAddresses(clusterIPs);
    const applied = await this.#proxy.apply(listenersOf(table));
    this.#host.guard(applied.bound);
    this.#guardKeeper ??= await this.#host.keepGuard(this.#options.log);
    this.#host.pruneAddresses(clusterIPs);
    this.#dns ??= await this.#startDns();
    return applied;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#guardKeeper?.[Symbol.dispose]();
    await this.#dns?.[Symbol.asyncDispose]();
    await this.#proxy[Symbol.asyncDispose]();
  }

  #startDns(): Promise<DnsServer> {
    const { dnsAddress: address, gateway, podCIDR, log } = this.#options;
    const pods = parseCidr(podCIDR);
    const mayAsk = clientRule({
      addresses: [address, gateway],
      contains: (client) => contains(pods, client),
    });
    return startDnsServer({ address, resolver: this.#resolver, mayAsk, log });
  }
}

/** `10.43.0.1:443/TCP`, for the status. */
export function listenerNames(bound: readonly BoundListener[]): readonly string[] {
  return bound.map(listenerKey);
}

function clusterIPsOf(table: MeshTable): readonly string[] {
  return [...table.values()].flatMap(({ clusterIP }) => clusterIP ?? []);
}

/** A listener for each port that somebody answers; the kernel refuses the others. */
function listenersOf(table: MeshTable): readonly ListenerSpec[] {
  return [...table.values()].flatMap(listenersOfService);
}

function listenersOfService({ clusterIP, ports, affinityMs }: MeshService): ListenerSpec[] {
  if (clusterIP === undefined) return [];
  return ports.flatMap(({ protocol, port, endpoints }) => {
    if (!isCarried(protocol) || endpoints.length === 0) return [];
    const affinity = affinityMs === undefined ? {} : { affinityMs };
    return { protocol, address: clusterIP, port, strategy: "roundRobin", ...affinity, endpoints };
  });
}

function isCarried(protocol: Protocol): protocol is ProxyProtocol {
  return protocol !== "SCTP";
}
