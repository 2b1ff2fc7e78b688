import { readdirSync } from "node:fs";
import { contains, parseCidr, parseIPv4, sizeOf } from "#lib/cidr.ts";
import { asError } from "#lib/errors.ts";
import { addressAt6, parseCidr6 } from "#lib/ipv6.ts";
import type { Logger } from "#lib/log.ts";
import type { SiteMarks } from "#lib/site-marks.ts";
import { NETLINK_NETFILTER, NETLINK_ROUTE, NetlinkSocket } from "#linux/netlink/socket.ts";
import { replaceTable } from "#linux/nftables/table.ts";
import { listAddresses } from "#linux/rtnetlink/addresses.ts";
import { watchNetwork } from "#linux/rtnetlink/watch.ts";
import { readSysctl, writeSysctl } from "#linux/sysctl.ts";
import type { PortMapping } from "./host-ports.ts";
import { podTable6 } from "./pod-table6.ts";

export interface PodsIPv6Options {
  readonly marks: SiteMarks;
  readonly podCIDR: string;
  readonly podCIDR6: string;
  readonly log: Logger;
  /** UID → IPv4 address of each pod. */
  pods(): ReadonlyMap<string, string>;
  /** Ports of the host that lead to pods. */
  mappings(): readonly PortMapping[];
}

const LINKS = "/proc/sys/net/ipv6/conf";

/**
 * IPv6 of the pods: an address each beside the IPv4 one, at the same place in its range, so that
 * it is the same one for as long.
 */
export class PodsIPv6 implements Disposable {
  readonly #options: PodsIPv6Options;
  #watch: Disposable | undefined;

  /** @throws {RangeError} when the range has fewer addresses than that of IPv4. */
  constructor(options: PodsIPv6Options) {
    this.#options = options;
    addressAt6(parseCidr6(options.podCIDR6), sizeOf(parseCidr(options.podCIDR)) - 1);
  }

  /**
   * Lets the host forward, and keeps ports of the host at its addresses as they come and go. The
   * table is there before: nothing is forwarded that it does not know.
   */
  async start(): Promise<void> {
    forwardIPv6();
    this.#watch ??= await watchNetwork(["addresses6"], () => this.#addressesChanged());
  }

  [Symbol.dispose](): void {
    this.#watch?.[Symbol.dispose]();
  }

  /** The address of the pod that has this one of IPv4. */
  addressBeside(ipv4: string): string {
    const { podCIDR, podCIDR6 } = this.#options;
    const { base } = parseCidr(podCIDR);
    return addressAt6(parseCidr6(podCIDR6), parseIPv4(ipv4) - base);
  }

  /** Brings the kernel's table in line with pods and ports. */
  apply(): void {
    const { marks, podCIDR, podCIDR6, pods, mappings } = this.#options;
    using routes = new NetlinkSocket({ protocol: NETLINK_ROUTE });
    const range = parseCidr(podCIDR);
    const own = [...pods()].filter(([, ipv4]) => contains(range, parseIPv4(ipv4)));
    using socket = new NetlinkSocket({ protocol: NETLINK_NETFILTER });
    const table = podTable6({
      marks,
      podCIDR6,
      pods: new Map(own.map(([uid, ipv4]) => [uid, this.addressBeside(ipv4)])),
      mappings: mappings().map((one) => ({ ...one, address: this.addressBeside(one.address) })),
      hostAddresses: listAddresses(routes, "ip6")
        .filter(({ scope }) => scope === "global")
        .map(({ address }) => address),
    });
    replaceTable(socket, table);
  }

  #addressesChanged(): void {
    if (this.#options.mappings().length === 0) return;
    try {
      this.apply();
    } catch (error) {
      this.#options.log.warn("Ports of the host do not follow its IPv6 addresses", {
        error: asError(error),
      });
    }
  }
}

/**
 * A host that forwards takes no more routes from routers, unless it is told to: a box whose way out
 * comes from one would lose it.
 */
function forwardIPv6(): void {
  for (const link of readdirSync(LINKS)) {
    const name = `net/ipv6/conf/${link}/accept_ra`;
    if (readSysctl(name) === "1") writeSysctl(name, "2");
  }
  writeSysctl("net/ipv6/conf/all/forwarding", "1");
}
