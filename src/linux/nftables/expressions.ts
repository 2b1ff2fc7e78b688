import { formatIPv4, ipv4Bytes, maskOf, parseCidr } from "#lib/cidr.ts";
import { formatIPv6, ipv6Bytes, maskBytes6, parseCidr6 } from "#lib/ipv6.ts";
import { type Attribute, be32, bytes, nested, text, u8 } from "../netlink/attributes.ts";
import { PROTOCOLS } from "./keys.ts";

/** One step of a rule: loads, compares or decides. A rule ends at the first comparison that fails. */
export type Expression = Attribute;

/** What a rule does with a packet, or where it sends it on. */
export type RuleVerdict = "accept" | "drop" | "return" | { readonly jump: string };

const NFTA_LIST_ELEM = 1;
const NFTA_EXPR_NAME = 1;
const NFTA_EXPR_DATA = 2;
const NFTA_DATA_VALUE = 1;
const NFTA_DATA_VERDICT = 2;
const NFTA_VERDICT_CODE = 1;
const NFTA_VERDICT_CHAIN = 2;

const BASE_NETWORK = 1;
const BASE_TRANSPORT = 2;
const META_IIFNAME = 6;
const META_OIFNAME = 7;
const META_NFPROTO = 15;
const META_L4PROTO = 16;
const NFPROTO_IPV4 = 2;
const CT_STATE = 0;
const CT_STATUS = 2;
const FIB_OIF = 1;
const FIB_ADDRTYPE = 3;
const FIB_DADDR = 2;
const RTN_LOCAL = 2;
const EQUAL = 0;
const NOT_EQUAL = 1;
const INTERFACE_NAME_BYTES = 16;
const NAT_SOURCE = 0;
const NAT_DESTINATION = 1;
const AF_INET = 2;
/** Families of addresses, and how many 32-bit registers an address takes. */
const ADDRESSES = { ip: { code: AF_INET, registers: 1 }, ip6: { code: 10, registers: 4 } } as const;
const REJECT_ICMP_UNREACHABLE = 0;
const REJECT_TCP_RESET = 1;
const ICMP_PORT_UNREACHABLE = 3;
const ICMPV6_PORT_UNREACHABLE = 4;

/** Verdict register; the first general one; and the 32-bit registers that lie inside it. */
const REG_VERDICT = 0;
const REG_1 = 1;
const REG32_FIRST = 8;

/** Bits of the state of a tracked connection. */
const CT_ESTABLISHED = 2;
const CT_RELATED = 4;
/** IPS_DST_NAT: the destination of the connection was translated. */
const CT_STATUS_DNAT = 0x20;

export type AddressField = "source" | "destination" | "arpSender" | "arpTarget";

/** Where fields are: in headers of IP and, for `arp…`, in an ARP packet for Ethernet and IPv4. */
const PAYLOAD = {
  source: { base: BASE_NETWORK, offset: 12, length: 4 },
  destination: { base: BASE_NETWORK, offset: 16, length: 4 },
  source6: { base: BASE_NETWORK, offset: 8, length: 16 },
  destination6: { base: BASE_NETWORK, offset: 24, length: 16 },
  arpSender: { base: BASE_NETWORK, offset: 14, length: 4 },
  arpTarget: { base: BASE_NETWORK, offset: 24, length: 4 },
  destinationPort: { base: BASE_TRANSPORT, offset: 2, length: 2 },
} as const;

/** A part of a set's key as the packet has it; `…6`: an address of IPv6. */
export type Field =
  | AddressField
  | "source6"
  | "destination6"
  | "protocol"
  | "destinationPort"
  | "inputInterface";

/** The name of the link that the packet came in by; a `*` at the end stands for any rest. */
export function inputInterface(name: string): Expression[] {
  return interfaceName(META_IIFNAME, name);
}

/** The name of the link that the packet goes out by; a `*` at the end stands for any rest. */
export function outputInterface(name: string): Expression[] {
  return interfaceName(META_OIFNAME, name);
}

/** An address of the packet lies in a network (`10.42.0.0/24`; of IPv6 where the network is). */
export function addressIn(field: AddressField, network: string): Expression[] {
  return compareNetwork({ field, network, operator: EQUAL });
}

/** An address of the packet lies outside a network. */
export function addressNotIn(field: AddressField, network: string): Expression[] {
  return compareNetwork({ field, network, operator: NOT_EQUAL });
}

/** The packet is one of IPv4: for tables of family `inet`. */
export function isIPv4(): Expression[] {
  const load = expression("meta", [be32(1, REG_1), be32(2, META_NFPROTO)]);
  return [load, compare(EQUAL, Uint8Array.of(NFPROTO_IPV4))];
}

export function protocolIs(protocol: keyof typeof PROTOCOLS): Expression[] {
  return [load("protocol", REG_1), compare(EQUAL, Uint8Array.of(PROTOCOLS[protocol]))];
}

export function destinationPortIs(port: number): Expression[] {
  return [load("destinationPort", REG_1), compare(EQUAL, Uint8Array.of(port >>> 8, port & 255))];
}

/** The connection is an answered one, or belongs to one. */
export function isEstablished(): Expression[] {
  return anyBit(CT_STATE, CT_ESTABLISHED | CT_RELATED);
}

/** The destination of the connection was translated. */
export function isDestinationTranslated(): Expression[] {
  return anyBit(CT_STATUS, CT_STATUS_DNAT);
}

/** The destination is an address of this host. */
export function isLocalDestination(): Expression[] {
  const fib = expression("fib", [be32(1, REG_1), be32(2, FIB_ADDRTYPE), be32(3, FIB_DADDR)]);
  return [fib, compare(EQUAL, hostOrder(RTN_LOCAL))];
}

/** The destination is none of this host's, and no route leads there. Only before routing. */
export function isUnroutedDestination(): Expression[] {
  const fib = (result: number): Expression =>
    expression("fib", [be32(1, REG_1), be32(2, result), be32(3, FIB_DADDR)]);
  return [
    fib(FIB_ADDRTYPE),
    compare(NOT_EQUAL, hostOrder(RTN_LOCAL)),
    fib(FIB_OIF),
    compare(EQUAL, hostOrder(0)),
  ];
}

/** The packet's fields are an element of the set. */
export function isIn(set: string, fields: readonly Field[]): Expression[] {
  const loads = loadKey(fields);
  return [...loads.expressions, expression("lookup", [text(1, set), be32(2, loads.register)])];
}

/**
 * Sends the packet to the address and port that the map has for its fields. A packet that it has
 * none for goes on to the next rule.
 */
export function translateDestination(
  map: string,
  fields: readonly Field[],
  family: "ip" | "ip6" = "ip",
): Expression[] {
  const { code, registers } = ADDRESSES[family];
  const loads = loadKey(fields);
  const found = [text(1, map), be32(2, loads.register), be32(3, REG_1)];
  return [
    ...loads.expressions,
    expression("lookup", found),
    expression("nat", [
      be32(1, NAT_DESTINATION),
      be32(2, code),
      be32(3, REG_1),
      be32(5, REG32_FIRST + registers),
    ]),
  ];
}

/** Gives the packet a source address. */
export function translateSource(address: string): Expression[] {
  return [
    expression("immediate", [be32(1, REG_1), dataValue(2, ipv4Bytes(address))]),
    expression("nat", [be32(1, NAT_SOURCE), be32(2, AF_INET), be32(3, REG_1)]),
  ];
}

/**
 * Gives the packet the address of the link it leaves by as its source, or another global one of the
 * host. Where there is none, as on a box without a network, the packet is dropped.
 */
export function masquerade(): Expression[] {
  return [expression("masq", [])];
}

/** Counts packets and bytes: `nft list` and `iptables -v` show them. */
export function counter(): Expression[] {
  return [expression("counter", [])];
}

export function verdict(decision: RuleVerdict): Expression[] {
  const data = nested(NFTA_DATA_VERDICT, verdictAttributes(decision));
  return [expression("immediate", [be32(1, REG_VERDICT), nested(2, [data])])];
}

/** Refuses with a TCP reset; only behind `protocolIs("TCP")`. */
export function rejectWithReset(): Expression[] {
  return [expression("reject", [be32(1, REJECT_TCP_RESET)])];
}

/** Refuses with ICMP "port unreachable". */
export function rejectPort(): Expression[] {
  return [expression("reject", [be32(1, REJECT_ICMP_UNREACHABLE), u8(2, ICMP_PORT_UNREACHABLE)])];
}

/** Refuses with ICMPv6 "port unreachable". */
export function rejectPort6(): Expression[] {
  return [expression("reject", [be32(1, REJECT_ICMP_UNREACHABLE), u8(2, ICMPV6_PORT_UNREACHABLE)])];
}

/** The part of a verdict that rules and map elements share. */
function verdictAttributes(decision: RuleVerdict): Attribute[] {
  if (decision === "drop") return [be32(NFTA_VERDICT_CODE, 0)];
  if (decision === "accept") return [be32(NFTA_VERDICT_CODE, 1)];
  if (decision === "return") return [be32(NFTA_VERDICT_CODE, -5)];
  return [be32(NFTA_VERDICT_CODE, -3), text(NFTA_VERDICT_CHAIN, decision.jump)];
}

function interfaceName(key: number, name: string): Expression[] {
  const wildcard = name.endsWith("*");
  const bytesOfName = Buffer.from(wildcard ? name.slice(0, -1) : name);
  const value = wildcard ? bytesOfName : Buffer.alloc(INTERFACE_NAME_BYTES);
  if (!wildcard) value.set(bytesOfName);
  return [expression("meta", [be32(1, REG_1), be32(2, key)]), compare(EQUAL, value)];
}

interface NetworkComparison {
  readonly field: AddressField;
  readonly network: string;
  readonly operator: number;
}

function compareNetwork({ field, network, operator }: NetworkComparison): Expression[] {
  if (network.includes(":")) return compareNetwork6({ field, network, operator });
  const { base, bits } = parseCidr(network);
  const masked = bits === 32 ? [] : [and(ipv4Bytes(formatIPv4(maskOf(bits))))];
  return [load(field, REG_1), ...masked, compare(operator, ipv4Bytes(formatIPv4(base)))];
}

function compareNetwork6({ field, network, operator }: NetworkComparison): Expression[] {
  if (field !== "source" && field !== "destination")
    throw new RangeError(`IPv6 has no field ${field}`);
  const { base, bits } = parseCidr6(network);
  return [
    load(`${field}6`, REG_1),
    and(maskBytes6(bits)),
    compare(operator, ipv6Bytes(formatIPv6(base))),
  ];
}

function anyBit(key: number, bits: number): Expression[] {
  return [
    expression("ct", [be32(1, REG_1), be32(2, key)]),
    and(hostOrder(bits)),
    compare(NOT_EQUAL, hostOrder(0)),
  ];
}

/** Loads fields side by side, as the key of a concatenation wants them. */
function loadKey(fields: readonly Field[]): { expressions: Expression[]; register: number } {
  let register = REG32_FIRST;
  const expressions = fields.map((field) => {
    const expression = load(field, register);
    register += WIDE.has(field) ? 4 : 1;
    return expression;
  });
  return { expressions, register: REG_1 };
}

/** Fields that take four of the 32-bit registers; the others take one. */
const WIDE: ReadonlySet<Field> = new Set(["source6", "destination6", "inputInterface"]);

function load(field: Field, register: number): Expression {
  if (field === "protocol" || field === "inputInterface") {
    const key = field === "protocol" ? META_L4PROTO : META_IIFNAME;
    return expression("meta", [be32(1, register), be32(2, key)]);
  }
  const { base, offset, length } = PAYLOAD[field];
  return expression("payload", [
    be32(1, register),
    be32(2, base),
    be32(3, offset),
    be32(4, length),
  ]);
}

function compare(operator: number, value: Uint8Array): Expression {
  return expression("cmp", [be32(1, REG_1), be32(2, operator), dataValue(3, value)]);
}

function and(mask: Uint8Array): Expression {
  return expression("bitwise", [
    be32(1, REG_1),
    be32(2, REG_1),
    be32(3, mask.length),
    dataValue(4, mask),
    dataValue(5, new Uint8Array(mask.length)),
  ]);
}

function dataValue(type: number, value: Uint8Array): Attribute {
  return nested(type, [bytes(NFTA_DATA_VALUE, value)]);
}

/** Marks and states are compared in the host's order, packet data in the network's. */
function hostOrder(value: number): Uint8Array {
  const data = Buffer.alloc(4);
  data.writeUInt32LE(value);
  return data;
}

function expression(name: string, data: readonly Attribute[]): Expression {
  return nested(NFTA_LIST_ELEM, [text(NFTA_EXPR_NAME, name), nested(NFTA_EXPR_DATA, data)]);
}
