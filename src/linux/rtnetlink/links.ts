import { errorCode } from "#lib/errors.ts";
import {
  type Attribute,
  bytes,
  nested,
  numberOf,
  parseAttributes,
  text,
  textOf,
  u32,
} from "../netlink/attributes.ts";
import { CREATE, DUMP, EXCLUSIVE, type NetlinkRequest } from "../netlink/message.ts";
import type { NetlinkSocket } from "../netlink/socket.ts";

const RTM_NEWLINK = 16;
const RTM_DELLINK = 17;
const RTM_GETLINK = 18;

const IFLA_ADDRESS = 1;
const IFLA_IFNAME = 3;
const IFLA_MTU = 4;
const IFLA_LINK = 5;
const IFLA_MASTER = 10;
const IFLA_LINKINFO = 18;
const IFLA_NET_NS_PID = 19;
const IFLA_IFALIAS = 20;
const IFLA_NET_NS_FD = 28;
const IFLA_INFO_KIND = 1;
const IFLA_INFO_DATA = 2;
const VETH_INFO_PEER = 1;

const IFF_UP = 0x1;
const HEADER_BYTES = 16;

export interface Link {
  readonly index: number;
  readonly name: string;
  /** `veth`, `bridge`, `dummy`, …; empty for a device of the hardware and for `lo`. */
  readonly kind: string;
  readonly up: boolean;
  readonly mtu: number;
  /** The free text that an owner may leave on a link. */
  readonly alias: string;
  /** The other end of a veth: its index in its own network namespace. 0: none. */
  readonly peerIndex: number;
  /** The bridge that the link is a port of. 0: none. */
  readonly master: number;
  /** `02:fc:00:00:00:01`. */
  readonly hardwareAddress: string;
}

/** A network namespace: of a process, or open as a file. */
export type NamespaceOf = { readonly pid: number } | { readonly fd: number };

export interface NewLink {
  readonly name: string;
  readonly kind: "dummy" | "bridge";
  readonly alias?: string;
}

export interface NewVeth {
  readonly name: string;
  readonly mtu?: number;
  readonly peer: { readonly name: string; readonly namespace?: NamespaceOf };
}

/** All links of the namespace. */
export function listLinks(socket: NetlinkSocket): readonly Link[] {
  return socket
    .request({ type: RTM_GETLINK, flags: DUMP, body: header({}), what: "list the links" })
    .map(({ body }) => parseLink(body));
}

/** A link by its name; `undefined` when there is none. */
export function findLink(socket: NetlinkSocket, name: string): Link | undefined {
  const body = Buffer.concat([header({}), text(IFLA_IFNAME, name)]);
  try {
    const [answer] = socket.request({ type: RTM_GETLINK, body, what: `find the link ${name}` });
    return answer && parseLink(answer.body);
  } catch (error) {
    if (errorCode(error) === "ENODEV") return undefined;
    throw error;
  }
}

/**
 * Makes a dummy or a bridge, down.
 * @throws {NetlinkError} `EOPNOTSUPP` when the kernel has no such driver, `EEXIST` for a name in use.
 */
export function createLink(socket: NetlinkSocket, { name, kind, alias }: NewLink): void {
  const attributes = [text(IFLA_IFNAME, name), linkInfo(kind)];
  if (alias !== undefined) attributes.push(text(IFLA_IFALIAS, alias));
  socket.request(creation(`create the ${kind} ${name}`, attributes));
  // Some kernels take an alias only from a link that exists.
  if (alias !== undefined) changeLink(socket, name, [text(IFLA_IFALIAS, alias)]);
}

/** Makes a pair of links, both down; the peer at once in its own namespace where one is given. */
export function createVeth(socket: NetlinkSocket, { name, mtu, peer }: NewVeth): void {
  const size = mtu === undefined ? [] : [u32(IFLA_MTU, mtu)];
  const other = [header({}), text(IFLA_IFNAME, peer.name), ...size];
  if (peer.namespace) other.push(inNamespace(peer.namespace));
  const data = nested(IFLA_INFO_DATA, [bytes(VETH_INFO_PEER, Buffer.concat(other))]);
  const attributes = [text(IFLA_IFNAME, name), ...size, linkInfo("veth", [data])];
  socket.request(creation(`create the veth ${name}`, attributes));
}

export function setLinkUp(socket: NetlinkSocket, name: string): void {
  const { index } = mustFind(socket, name);
  const body = header({ index, flags: IFF_UP, change: IFF_UP });
  socket.request({ type: RTM_NEWLINK, body, what: `set the link ${name} up` });
}

/** Leaves free text on a link, up to 255 bytes. */
export function setLinkAlias(socket: NetlinkSocket, name: string, alias: string): void {
  changeLink(socket, name, [text(IFLA_IFALIAS, alias)]);
}

/** Sets the largest packet that a link takes, in bytes. */
export function setLinkMtu(socket: NetlinkSocket, name: string, mtu: number): void {
  changeLink(socket, name, [u32(IFLA_MTU, mtu)]);
}

/** Gives a link another name; most kernels want it down for that. */
export function renameLink(socket: NetlinkSocket, name: string, newName: string): void {
  changeLink(socket, name, [text(IFLA_IFNAME, newName)]);
}

export function moveLink(socket: NetlinkSocket, name: string, namespace: NamespaceOf): void {
  changeLink(socket, name, [inNamespace(namespace)]);
}

/** Removes a link, and the other end of a veth with it; no such link is fine. */
export async function deleteLink(socket: NetlinkSocket, name: string): Promise<void> {
  const link = findLink(socket, name);
  if (!link) return;
  const body = header({ index: link.index });
  try {
    await socket.requestInBackground({ type: RTM_DELLINK, body, what: `delete the link ${name}` });
  } catch (error) {
    if (errorCode(error) !== "ENODEV") throw error;
  }
}

function changeLink(socket: NetlinkSocket, name: string, attributes: readonly Attribute[]): void {
  const { index } = mustFind(socket, name);
  const body = Buffer.concat([header({ index }), ...attributes]);
  socket.request({ type: RTM_NEWLINK, body, what: `change the link ${name}` });
}

function mustFind(socket: NetlinkSocket, name: string): Link {
  const link = findLink(socket, name);
  if (!link) throw new Error(`There is no link ${name}`);
  return link;
}

function creation(what: string, attributes: readonly Attribute[]): NetlinkRequest {
  const body = Buffer.concat([header({}), ...attributes]);
  return { type: RTM_NEWLINK, flags: CREATE | EXCLUSIVE, body, what };
}

function linkInfo(kind: string, data: readonly Attribute[] = []): Attribute {
  return nested(IFLA_LINKINFO, [text(IFLA_INFO_KIND, kind), ...data]);
}

function inNamespace(namespace: NamespaceOf): Attribute {
  return "pid" in namespace
    ? u32(IFLA_NET_NS_PID, namespace.pid)
    : u32(IFLA_NET_NS_FD, namespace.fd);
}

/** struct ifinfomsg */
function header(of: { index?: number; flags?: number; change?: number }): Buffer {
  const data = Buffer.alloc(HEADER_BYTES);
  data.writeInt32LE(of.index ?? 0, 4);
  data.writeUInt32LE(of.flags ?? 0, 8);
  data.writeUInt32LE(of.change ?? 0, 12);
  return data;
}

function parseLink(body: Buffer): Link {
  const attributes = parseAttributes(body.subarray(HEADER_BYTES));
  const info = parseAttributes(attributes.get(IFLA_LINKINFO) ?? Buffer.alloc(0));
  return {
    index: body.readInt32LE(4),
    name: textOf(attributes.get(IFLA_IFNAME)),
    kind: textOf(info.get(IFLA_INFO_KIND)),
    up: (body.readUInt32LE(8) & IFF_UP) !== 0,
    mtu: numberOf(attributes.get(IFLA_MTU)),
    alias: textOf(attributes.get(IFLA_IFALIAS)),
    peerIndex: numberOf(attributes.get(IFLA_LINK)),
    master: numberOf(attributes.get(IFLA_MASTER)),
    hardwareAddress: (attributes.get(IFLA_ADDRESS)?.toString("hex") ?? "").replace(
      /..(?=.)/g,
      "$&:",
    ),
  };
}
