import { must } from "#lib/errors.ts";
import { podLinkName, type SiteMarks } from "#lib/site-marks.ts";
import { withNetworkNamespace } from "#linux/namespace.ts";
import { NETLINK_ROUTE, NetlinkSocket } from "#linux/netlink/socket.ts";
import { addAddress, listAddresses } from "#linux/rtnetlink/addresses.ts";
import {
  createVeth,
  deleteLink,
  findLink,
  type Link,
  listLinks,
  setLinkAlias,
  setLinkMtu,
  setLinkUp,
} from "#linux/rtnetlink/links.ts";
import { setNeighbour } from "#linux/rtnetlink/neighbours.ts";
import { replaceRoute } from "#linux/rtnetlink/routes.ts";
import { writeSysctl } from "#linux/sysctl.ts";
import { wayOutMtu } from "./way-out.ts";

export interface PlugOptions {
  readonly marks: SiteMarks;
  readonly uid: string;
  /** A process in the pod's network namespace. */
  readonly pid: number;
  readonly address: string;
  /** Beside it, where pods have IPv6. */
  readonly address6?: string;
  readonly gateway: string;
  /** Bytes of the largest packet; absent: as much as every way out takes. */
  readonly mtu?: number;
  /** Whether ports of the host, 127.0.0.1 included, lead to the pod. */
  readonly hasHostPorts: boolean;
}

const POD_LINK = "eth0";
/** The host on each pod's link; link-local, as the routers of a LAN are. */
const GATEWAY6 = "fe80::1";
const ALIAS_PREFIX = "pod ";

/** Joins a pod to the host by a veth, or leaves a pair that is right as it is. */
export async function plug(options: PlugOptions): Promise<void> {
  const name = podLinkName(options.marks, options.uid);
  using socket = new NetlinkSocket({ protocol: NETLINK_ROUTE });
  const mtu = options.mtu ?? wayOutMtu(socket, options.marks);
  if (!isPlugged(socket, name, options)) {
    // Left by a sandbox that is gone, its namespace not yet reaped.
    await deleteLink(socket, name);
    createVeth(socket, { name, mtu, peer: { name: POD_LINK, namespace: { pid: options.pid } } });
    setLinkAlias(socket, name, ALIAS_PREFIX + options.uid);
  }
  const outside = openOutside(socket, name, { ...options, mtu });
  const inside = setUpInside({ ...options, mtu }, outside);
  setUpOutside(socket, options, { outside, inside });
}

/** Removes a pod's link; none is fine. */
export async function unplug(marks: SiteMarks, uid: string): Promise<void> {
  using socket = new NetlinkSocket({ protocol: NETLINK_ROUTE });
  await deleteLink(socket, podLinkName(marks, uid));
}

/**
 * Removes the links of the site but those of these pods. Names decide, not aliases: a process that
 * was killed while it made a link left one without.
 */
export async function unplugOthers(marks: SiteMarks, uids: Iterable<string> = []): Promise<void> {
  using socket = new NetlinkSocket({ protocol: NETLINK_ROUTE });
  const keep = new Set([...uids].map((uid) => podLinkName(marks, uid)));
  for (const { name } of listLinks(socket)) {
    if (name.startsWith(marks.podLinkPrefix) && !keep.has(name)) await deleteLink(socket, name);
  }
}

/**
 * Whether the pod's end in that very namespace belongs to the host's end of that name, and has no
 * address of a range that pods had before.
 */
function isPlugged(socket: NetlinkSocket, name: string, options: PlugOptions): boolean {
  const { pid, address, address6 } = options;
  const outside = findLink(socket, name);
  if (!outside) return false;
  return withNetworkNamespace(pid, () => {
    using inner = new NetlinkSocket({ protocol: NETLINK_ROUTE });
    const inside = findLink(inner, POD_LINK);
    if (inside?.kind !== "veth" || inside.peerIndex !== outside.index) return false;
    return (["ip", "ip6"] as const)
      .flatMap((family) => listAddresses(inner, family))
      .filter(({ link, scope }) => link === inside.index && scope === "global")
      .every((one) => one.address === address || one.address === address6);
  });
}

type Sized = PlugOptions & { readonly mtu: number };

/** The host's end, up; both ends can send once the pod's is up too. */
function openOutside(socket: NetlinkSocket, name: string, options: Sized): Link {
  const parameter = (key: string): string => `net/ipv4/conf/${name}/${key}`;
  // Strict: the pod cannot send in the name of another one.
  writeSysctl(parameter("rp_filter"), "1");
  writeSysctl(parameter("route_localnet"), options.hasHostPorts ? "1" : "0");
  if (options.address6 !== undefined) openIPv6(name);
  setLinkMtu(socket, name, options.mtu);
  setLinkUp(socket, name);
  return must(findLink(socket, name), `the link ${name}`);
}

function setUpInside(options: Sized, { hardwareAddress }: Link): Link {
  const { pid, address, address6, gateway, mtu } = options;
  return withNetworkNamespace(pid, () => {
    if (address6 !== undefined) openIPv6("all", POD_LINK);
    using socket = new NetlinkSocket({ protocol: NETLINK_ROUTE });
    setLinkUp(socket, "lo");
    setLinkMtu(socket, POD_LINK, mtu);
    setLinkUp(socket, POD_LINK);
    const inside = must(findLink(socket, POD_LINK), `the link ${POD_LINK} in the pod`);
    const link = inside.index;
    addAddress(socket, { link, address, bits: 32 });
    replaceRoute(socket, { destination: `${gateway}/32`, link, source: address });
    replaceRoute(socket, { destination: "0.0.0.0/0", link, gateway, source: address });
    setNeighbour(socket, { link, address: gateway, hardwareAddress });
    if (address6 === undefined) return inside;
    addAddress(socket, { link, address: address6, bits: 128 });
    // The kernel takes packets to a new address only once a worker of its own came to it.
    replaceRoute(socket, { type: "local", destination: `${address6}/128`, link });
    replaceRoute(socket, { destination: "::/0", link, gateway: GATEWAY6, source: address6 });
    setNeighbour(socket, { link, address: GATEWAY6, hardwareAddress });
    return inside;
  });
}

/** Both ends know each other from the start: a question that is lost is asked again only after 1 s. */
function setUpOutside(
  socket: NetlinkSocket,
  { address, address6, gateway }: PlugOptions,
  { outside, inside: { hardwareAddress } }: { readonly outside: Link; readonly inside: Link },
): void {
  const link = outside.index;
  // Until the kernel has seen that the other end is up, what is sent is lost: asking makes it look.
  findLink(socket, outside.name);
  replaceRoute(socket, { destination: `${address}/32`, link, source: gateway });
  setNeighbour(socket, { link, address, hardwareAddress });
  if (address6 === undefined) return;
  addAddress(socket, { link, address: GATEWAY6, bits: 64, scope: "link" });
  replaceRoute(socket, { destination: `${address6}/128`, link });
  setNeighbour(socket, { link, address: address6, hardwareAddress });
}

/**
 * Engines, and some hosts, begin links without IPv6. Nobody on such a link announces routers, nor
 * could have an address that is ours.
 */
function openIPv6(...links: readonly string[]): void {
  for (const link of links) {
    writeSysctl(`net/ipv6/conf/${link}/accept_dad`, "0");
    writeSysctl(`net/ipv6/conf/${link}/accept_ra`, "0");
    writeSysctl(`net/ipv6/conf/${link}/disable_ipv6`, "0");
  }
}
