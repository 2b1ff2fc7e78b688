import { type Choice, chooseAddress, type Surroundings } from "#edged/node/choose-address.ts";
import type { NodeAddresses } from "#edged/node/node-addresses.ts";
import type { Logger } from "#lib/log.ts";
import { NETLINK_ROUTE, NetlinkSocket } from "#linux/netlink/socket.ts";
import { type KnownAddress, listAddresses } from "#linux/rtnetlink/addresses.ts";
import { type Link, listLinks } from "#linux/rtnetlink/links.ts";
import { listDefaultRoutes } from "#linux/rtnetlink/routes.ts";
import { watchNetwork } from "#linux/rtnetlink/watch.ts";

/**
 * Loopback, and links that sites and engines make: no other machine is found there. A router's own
 * bridge, such as `br-lan`, is not like Docker's, which is named by twelve digits of its network.
 */
const OWN_LINKS = /^(lo$|edge0|es[0-9a-f]{13}$|docker|br-[0-9a-f]{12}$|veth|cni)/;

export interface HostAddressesOptions {
  /** Whether the node goes by an address of IPv6 too. */
  readonly ipv6: boolean;
  /** What the node goes by while the machine has no address. */
  readonly fallback: string;
  readonly log: Logger;
}

/**
 * The machine's addresses, as the kernel tells of them: read once, and again after it has said that
 * something changed. One place for the certificate, the node and its pods.
 */
export class HostAddresses implements NodeAddresses {
  readonly #options: HostAddressesOptions;
  readonly #listeners = new Set<() => void>();
  #all: readonly string[] = [];
  #choices: Readonly<Partial<Record<"ip" | "ip6", Choice>>> = {};
  #current: readonly string[];

  constructor(options: HostAddressesOptions) {
    this.#options = options;
    this.#current = [options.fallback];
    this.#read();
  }

  get current(): readonly string[] {
    return this.#current;
  }

  /** Every IPv4 address by which another machine may reach this one, also once a link is up again. */
  get all(): readonly string[] {
    return this.#all;
  }

  /** Calls back after the addresses of the machine or those of the node changed. */
  onChange(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** Follows the kernel's word until `signal` aborts. */
  async follow(signal: AbortSignal): Promise<void> {
    const { ipv6, log } = this.#options;
    const what = ipv6
      ? (["links", "addresses", "routes", "addresses6", "routes6"] as const)
      : (["links", "addresses", "routes"] as const);
    try {
      const watch = await watchNetwork(what, () => this.#readAgain());
      if (signal.aborted) return watch[Symbol.dispose]();
      signal.addEventListener("abort", () => watch[Symbol.dispose](), { once: true });
      // What changed before anybody watched.
      this.#readAgain();
    } catch (error) {
      log.warn("New addresses of this machine are seen at the next start only", { error });
    }
  }

  #readAgain(): void {
    const { log } = this.#options;
    const before = [this.#all, this.#current];
    try {
      this.#read();
    } catch (error) {
      return log.warn("Cannot read the addresses of this machine; the next change is another try", {
        error,
      });
    }
    if (Bun.deepEquals(before, [this.#all, this.#current])) return;
    if (!Bun.deepEquals(before[1], this.#current))
      log.info("The node has other addresses", { addresses: this.#current });
    for (const listener of this.#listeners) listener();
  }

  #read(): void {
    const { ipv6, fallback } = this.#options;
    using socket = new NetlinkSocket({ protocol: NETLINK_ROUTE });
    const links = listLinks(socket).filter(({ name }) => !OWN_LINKS.test(name));
    const choose = (family: "ip" | "ip6") =>
      chooseAddress(surroundings(socket, { links, family }), this.#choices[family]);
    const chosen = choose("ip");
    const chosen6 = ipv6 ? choose("ip6") : undefined;
    this.#all = addressesOn(socket, { links, family: "ip" }).map(({ address }) => address);
    this.#choices = { ...(chosen && { ip: chosen }), ...(chosen6 && { ip6: chosen6 }) };
    // Pods' first address is of IPv4, and so is the node's.
    this.#current = [chosen?.address ?? fallback, ...(chosen6 ? [chosen6.address] : [])];
  }
}

interface Of {
  readonly links: readonly Link[];
  readonly family: "ip" | "ip6";
}

function surroundings(socket: NetlinkSocket, { links, family }: Of): Surroundings {
  const up = links.filter((link) => link.up);
  const indices = new Set(up.map(({ index }) => index));
  return {
    addresses: addressesOn(socket, { links: up, family }),
    defaultRoutes: listDefaultRoutes(socket, family).filter(({ link }) => indices.has(link)),
  };
}

function addressesOn(socket: NetlinkSocket, { links, family }: Of): readonly KnownAddress[] {
  const indices = new Set(links.map(({ index }) => index));
  return listAddresses(socket, family).filter(
    ({ link, scope }) => indices.has(link) && scope !== "host",
  );
}
