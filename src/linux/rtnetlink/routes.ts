import { type Cidr, formatIPv4, ipv4Bytes, parseCidr } from "#lib/cidr.ts";
import { errorCode } from "#lib/errors.ts";
import { formatIPv6, ipv6Bytes } from "#lib/ipv6.ts";
import { type Attribute, bytes, numberOf, parseAttributes, u32 } from "../netlink/attributes.ts";
import { CREATE, DUMP, EXCLUSIVE, REPLACE } from "../netlink/message.ts";
import { NETLINK_ROUTE, NetlinkSocket } from "../netlink/socket.ts";

const RTM_NEWROUTE = 24;
const RTM_DELROUTE = 25;
const RTM_GETROUTE = 26;
const AF_INET = 2;
const AF_INET6 = 10;
const HEADER_BYTES = 12;

const RTA_DST = 1;
const RTA_OIF = 4;
const RTA_GATEWAY = 5;
const RTA_PRIORITY = 6;
const RTA_PREFSRC = 7;
const RTA_MULTIPATH = 9;
const RTA_TABLE = 15;
/** RTNH_F_DEAD, RTNH_F_LINKDOWN: nothing gets out there now. */
const OUT_OF_ORDER = 0x01 | 0x10;
/** Where the first next hop of several names its link (struct rtnexthop). */
const NEXT_HOP_LINK = 4;

const RT_TABLE_MAIN = 254;
const RT_TABLE_LOCAL = 255;
const RT_SCOPE_UNIVERSE = 0;
const RT_SCOPE_LINK = 253;
const RT_SCOPE_HOST = 254;
/** Routes that an administrator, or a program in his name, has set. */
const RTPROT_STATIC = 4;

/** RTN_*: what happens to a packet that takes the route. */
const TYPES = { unicast: 1, local: 2, broadcast: 3, unreachable: 7 } as const;

export type RouteType = keyof typeof TYPES | "other";

/** An IPv4 route of the namespace. */
export interface Route {
  readonly type: RouteType;
  readonly destination: Cidr;
  /** The index of the link it goes out by; 0: none. */
  readonly link: number;
  /** The next hop, where there is one. */
  readonly gateway?: string;
  readonly metric: number;
  readonly table: number;
}

/** A way out to everywhere, of the main table. */
export interface DefaultRoute {
  /** The index of the link it goes out by. */
  readonly link: number;
  /** The next hop, where there is one. */
  readonly gateway?: string;
  /** The address that this host is to use as its own there, where the route says so. */
  readonly source?: string;
  readonly metric: number;
  /** False while the link has no carrier. */
  readonly inOrder: boolean;
}

export interface NewRoute {
  /** `local`: packets to there are for this host itself. Default unicast. */
  readonly type?: "unicast" | "unreachable" | "local";
  /** `10.42.0.5/32`, `0.0.0.0/0`, `fd42::5/128`, `::/0`; bits behind the prefix are 0. */
  readonly destination: string;
  readonly link?: number;
  readonly gateway?: string;
  /** The address that this host uses as its own on this route. */
  readonly source?: string;
  readonly metric?: number;
}

/** The IPv4 routes of all tables, those to the host's own addresses included. */
export function listRoutes(socket: NetlinkSocket): readonly Route[] {
  const body = Buffer.alloc(HEADER_BYTES);
  body[0] = AF_INET;
  return socket
    .request({ type: RTM_GETROUTE, flags: DUMP, body, what: "list the routes" })
    .map((answer) => parseRoute(answer.body));
}

/** The ways out of the namespace, of one family. */
export function listDefaultRoutes(
  socket: NetlinkSocket,
  family: "ip" | "ip6",
): readonly DefaultRoute[] {
  const body = Buffer.alloc(HEADER_BYTES);
  body[0] = family === "ip" ? AF_INET : AF_INET6;
  return socket
    .request({ type: RTM_GETROUTE, flags: DUMP, body, what: "list the ways out" })
    .filter((answer) => answer.body.readUInt8(1) === 0)
    .flatMap((answer) => parseDefault(answer.body));
}

/** The IPv4 routes of the namespace that the calling thread is in. Needs no privilege. */
export function readRoutes(): readonly Route[] {
  using socket = new NetlinkSocket({ protocol: NETLINK_ROUTE });
  return listRoutes(socket);
}

/** Sets a route, in place of one to the same destination with the same metric. */
export function replaceRoute(socket: NetlinkSocket, route: NewRoute): void {
  const what = `set the route to ${route.destination}`;
  socket.request({ type: RTM_NEWROUTE, flags: CREATE | REPLACE, body: encode(route), what });
}

/** Adds a route. @throws {NetlinkError} `EEXIST` when there is one. */
export function addRoute(socket: NetlinkSocket, route: NewRoute): void {
  const what = `add the route to ${route.destination}`;
  socket.request({ type: RTM_NEWROUTE, flags: CREATE | EXCLUSIVE, body: encode(route), what });
}

/** Removes a route; one that is not there is fine. */
export function removeRoute(socket: NetlinkSocket, route: NewRoute): void {
  const what = `remove the route to ${route.destination}`;
  try {
    socket.request({ type: RTM_DELROUTE, body: encode(route), what });
  } catch (error) {
    if (errorCode(error) !== "ESRCH") throw error;
  }
}

function encode(route: NewRoute): Buffer {
  const six = route.destination.includes(":");
  const [network = "", prefix = ""] = route.destination.split("/");
  const bits = Number(prefix);
  const { type = "unicast", link, gateway, source, metric } = route;
  const header = Buffer.alloc(HEADER_BYTES);
  header[0] = six ? AF_INET6 : AF_INET;
  header[1] = bits;
  header[4] = type === "local" ? RT_TABLE_LOCAL : RT_TABLE_MAIN;
  header[5] = RTPROT_STATIC;
  header[6] = scopeOf(route);
  header[7] = TYPES[type];
  const attributes: Attribute[] = [];
  if (bits > 0) attributes.push(bytes(RTA_DST, addressBytes(network)));
  if (link !== undefined) attributes.push(u32(RTA_OIF, link));
  if (gateway !== undefined) attributes.push(bytes(RTA_GATEWAY, addressBytes(gateway)));
  if (source !== undefined) attributes.push(bytes(RTA_PREFSRC, addressBytes(source)));
  if (metric !== undefined) attributes.push(u32(RTA_PRIORITY, metric));
  return Buffer.concat([header, ...attributes]);
}

/** How far away the destination is. */
function scopeOf({ type = "unicast", gateway }: NewRoute): number {
  if (type === "local") return RT_SCOPE_HOST;
  return type === "unicast" && gateway === undefined ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
}

function addressBytes(address: string): Uint8Array {
  return address.includes(":") ? ipv6Bytes(address) : ipv4Bytes(address);
}

function parseRoute(body: Buffer): Route {
  const attributes = parseAttributes(body.subarray(HEADER_BYTES));
  const gateway = attributes.get(RTA_GATEWAY);
  const destination = formatIPv4(attributes.get(RTA_DST)?.readUInt32BE(0) ?? 0);
  return {
    type: routeType(body.readUInt8(7)),
    destination: parseCidr(`${destination}/${body.readUInt8(1)}`),
    link: numberOf(attributes.get(RTA_OIF)),
    ...(gateway?.length === 4 ? { gateway: formatIPv4(gateway.readUInt32BE(0)) } : {}),
    metric: numberOf(attributes.get(RTA_PRIORITY)),
    table: numberOf(attributes.get(RTA_TABLE)) || body.readUInt8(4),
  };
}

function parseDefault(body: Buffer): readonly DefaultRoute[] {
  const attributes = parseAttributes(body.subarray(HEADER_BYTES));
  const several = attributes.get(RTA_MULTIPATH);
  const link = numberOf(attributes.get(RTA_OIF)) || (several?.readInt32LE(NEXT_HOP_LINK) ?? 0);
  const table = numberOf(attributes.get(RTA_TABLE)) || body.readUInt8(4);
  if (link === 0 || table !== RT_TABLE_MAIN || body.readUInt8(7) !== TYPES.unicast) return [];
  const gateway = attributes.get(RTA_GATEWAY);
  const source = attributes.get(RTA_PREFSRC);
  return [
    {
      link,
      ...(gateway && { gateway: formatAddress(gateway) }),
      ...(source && { source: formatAddress(source) }),
      metric: numberOf(attributes.get(RTA_PRIORITY)),
      inOrder: (body.readUInt32LE(8) & OUT_OF_ORDER) === 0,
    },
  ];
}

function formatAddress(value: Buffer): string {
  return value.length === 4
    ? formatIPv4(value.readUInt32BE(0))
    : formatIPv6(BigInt(`0x${value.toString("hex")}`));
}

function routeType(value: number): RouteType {
  for (const type of ["unicast", "local", "broadcast", "unreachable"] as const) {
    if (TYPES[type] === value) return type;
  }
  return "other";
}
