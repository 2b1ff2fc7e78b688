import { formatIPv4, ipv4Bytes } from "#lib/cidr.ts";
import { errorCode } from "#lib/errors.ts";
import { formatIPv6, ipv6Bytes } from "#lib/ipv6.ts";
import { bytes, numberOf, parseAttributes } from "../netlink/attributes.ts";
import { CREATE, DUMP, EXCLUSIVE } from "../netlink/message.ts";
import type { NetlinkSocket } from "../netlink/socket.ts";

const RTM_NEWADDR = 20;
const RTM_DELADDR = 21;
const RTM_GETADDR = 22;
const AF_INET = 2;
const AF_INET6 = 10;
/** IFA_F_NODAD: the kernel does not ask around first whether somebody has it. */
const WITHOUT_ASKING = 0x02;
const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const IFA_FLAGS = 8;
/** IFA_F_TEMPORARY (of IPv6), IFA_F_DADFAILED, IFA_F_DEPRECATED, IFA_F_TENTATIVE. */
const PASSING_FLAGS6 = 0x01 | 0x08 | 0x20 | 0x40;
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

/** An address as the kernel tells of it. */
export interface KnownAddress extends LinkAddress {
  /** `other`: narrower than global by the administrator's word. */
  readonly scope: keyof typeof SCOPES | "other";
  /**
   * False while nobody should begin to use it: somebody else may have it, it is about to go, or it
   * is one of those that hide who a machine is.
   */
  readonly lasting: boolean;
}

export interface NewAddress extends LinkAddress {
  /** Default global. */
  readonly scope?: keyof typeof SCOPES;
}

/** The addresses of all links of the namespace, of one family. */
export function listAddresses(
  socket: NetlinkSocket,
  family: "ip" | "ip6" = "ip",
): readonly KnownAddress[] {
  const body = Buffer.alloc(HEADER_BYTES);
  body[0] = family === "ip" ? AF_INET : AF_INET6;
  return socket
    .request({ type: RTM_GETADDR, flags: DUMP, body, what: "list the addresses" })
    .map((answer) => parse(answer.body));
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

function parse(body: Buffer): KnownAddress {
  const attributes = parseAttributes(body.subarray(HEADER_BYTES));
  const six = body.readUInt8(0) === AF_INET6;
  // The other end of a tunnel is its address too; the local one is ours.
  const value = attributes.get(IFA_LOCAL) ?? attributes.get(IFA_ADDRESS) ?? Buffer.alloc(0);
  const flags = numberOf(attributes.get(IFA_FLAGS)) || body.readUInt8(2);
  return {
    link: body.readUInt32LE(4),
    address: six
      ? formatIPv6(BigInt(`0x${value.toString("hex") || "0"}`))
      : formatIPv4(value.length === 4 ? value.readUInt32BE(0) : 0),
    bits: body.readUInt8(1),
    scope: scopeOf(body.readUInt8(3)),
    // The flag of temporary ones means a secondary one in IPv4.
    lasting: !six || (flags & PASSING_FLAGS6) === 0,
  };
}

function scopeOf(value: number): KnownAddress["scope"] {
  for (const scope of ["global", "link", "host"] as const) {
    if (SCOPES[scope] === value) return scope;
  }
  return "other";
}
