import { formatIPv4, ipv4Bytes } from "#lib/cidr.ts";
import { errorCode } from "#lib/errors.ts";
import { formatIPv6, ipv6Bytes } from "#lib/ipv6.ts";
import { bytes, parseAttributes } from "../netlink/attributes.ts";
import { watchGroups } from "../netlink/groups.ts";
import { CREATE, DUMP, EXCLUSIVE } from "../netlink/message.ts";
import { NETLINK_ROUTE, type NetlinkSocket } from "../netlink/socket.ts";

const RTM_NEWADDR = 20;
const RTM_DELADDR = 21;
const RTM_GETADDR = 22;
/** RTMGRP_IPV4_IFADDR */
const IPV4_ADDRESSES = 0x10;
/** RTMGRP_IPV6_IFADDR */
const IPV6_ADDRESSES = 0x100;
const AF_INET = 2;
const AF_INET6 = 10;
/** IFA_F_NODAD: the kernel does not ask around first whether somebody has it. */
const WITHOUT_ASKING = 0x02;
const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const HEADER_BYTES = 8;

/** RT_SCOPE_*: how far an address is known. The kernel takes no `host` one as source to others. */
const SCOPES = { global: 0, link: 253, host: 254 } as const;

/** An address on a link. */
export interface LinkAddress {
  /** The index of the link. */
  readonly link: number;
  readonly address: string;
  readonly bits: number;
}

export interface NewAddress extends LinkAddress {
  /** Default global. */
  readonly scope?: keyof typeof SCOPES;
}

/** The global IPv6 addresses of all links of the namespace. */
export function listGlobalAddresses6(socket: NetlinkSocket): readonly LinkAddress[] {
  const body = Buffer.alloc(HEADER_BYTES);
  body[0] = AF_INET6;
  return socket
    .request({ type: RTM_GETADDR, flags: DUMP, body, what: "list the IPv6 addresses" })
    .filter((answer) => answer.body.readUInt8(3) === SCOPES.global)
    .map((answer) => {
      const value = parseAttributes(answer.body.subarray(HEADER_BYTES)).get(IFA_ADDRESS);
      return {
        link: answer.body.readUInt32LE(4),
        address: formatIPv6(BigInt(`0x${value?.toString("hex") || "0"}`)),
        bits: answer.body.readUInt8(1),
      };
    });
}

/** Calls `onChange` when an IPv6 address came to or went from a link: see `watchGroups`. */
export function watchAddresses6(onChange: () => void): Promise<Disposable> {
  return watchGroups({ protocol: NETLINK_ROUTE, groups: IPV6_ADDRESSES }, onChange);
}

/** The IPv4 addresses of all links of the namespace. */
export function listAddresses(socket: NetlinkSocket): readonly LinkAddress[] {
  const body = Buffer.alloc(HEADER_BYTES);
  body[0] = AF_INET;
  return socket
    .request({ type: RTM_GETADDR, flags: DUMP, body, what: "list the addresses" })
    .map((answer) => {
      const attributes = parseAttributes(answer.body.subarray(HEADER_BYTES));
      const local = attributes.get(IFA_LOCAL) ?? attributes.get(IFA_ADDRESS);
      return {
        link: answer.body.readUInt32LE(4),
        address: formatIPv4(local?.readUInt32BE(0) ?? 0),
        bits: answer.body.readUInt8(1),
      };
    });
}

/** Calls `onChange` when an IPv4 address came to or went from a link of the namespace: see `watchGroups`. */
export function watchAddresses(onChange: () => void): Promise<Disposable> {
  return watchGroups({ protocol: NETLINK_ROUTE, groups: IPV4_ADDRESSES }, onChange);
}

/** Puts an address on a link; one that is there already is fine. */
export function addAddress(socket: NetlinkSocket, address: NewAddress): void {
  const what = `add the address ${address.address}/${address.bits}`;
  try {
    socket.request({ type: RTM_NEWADDR, flags: CREATE | EXCLUSIVE, body: encode(address), what });
  } catch (error) {
    if (errorCode(error) !== "EEXIST") throw error;
  }
}

/** Takes an address off a link; one that is not there is fine. */
export function removeAddress(socket: NetlinkSocket, address: LinkAddress): void {
  const what = `remove the address ${address.address}/${address.bits}`;
  try {
    socket.request({ type: RTM_DELADDR, body: encode(address), what });
  } catch (error) {
    if (errorCode(error) !== "EADDRNOTAVAIL") throw error;
  }
}

function encode({ link, address, bits, scope = "global" }: NewAddress): Buffer {
  const six = address.includes(":");
  const header = Buffer.alloc(HEADER_BYTES);
  header[0] = six ? AF_INET6 : AF_INET;
  header[1] = bits;
  header[2] = six ? WITHOUT_ASKING : 0;
  header[3] = SCOPES[scope];
  header.writeUInt32LE(link, 4);
  const value = six ? ipv6Bytes(address) : ipv4Bytes(address);
  return Buffer.concat([header, bytes(IFA_LOCAL, value), bytes(IFA_ADDRESS, value)]);
}
