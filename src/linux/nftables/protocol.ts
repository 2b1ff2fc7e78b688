import { type Attribute, nested } from "../netlink/attributes.ts";
import type { NetlinkRequest } from "../netlink/message.ts";

/** Families of tables (NFPROTO_*). */
export const FAMILIES = { inet: 1, ip: 2, arp: 3, ip6: 10 } as const;
export type Family = keyof typeof FAMILIES;

/** A table by its family and name. */
export interface TableName {
  readonly family: Family;
  readonly name: string;
}

/** NFT_MSG_*. */
export const MESSAGES = {
  newTable: 0,
  getTable: 1,
  deleteTable: 2,
  newChain: 3,
  getChain: 4,
  newRule: 6,
  getRule: 7,
  deleteRule: 8,
  newSet: 9,
  newElements: 12,
  getElements: 13,
} as const;

const SUBSYSTEM = 10;
/** struct nfgenmsg: family, version, resource in network order. */
export const HEADER_BYTES = 4;
const BATCH_BEGIN = 0x10;
const BATCH_END = 0x11;

/** Length of the lists in one attribute is 16 bits: long ones go in several messages. */
export const ELEMENTS_PER_MESSAGE = 500;

export interface NftablesRequest {
  readonly message: keyof typeof MESSAGES;
  readonly family: Family;
  readonly attributes: readonly Attribute[];
  readonly what: string;
  readonly flags?: number;
}

export function nftablesRequest(request: NftablesRequest): NetlinkRequest {
  const header = Buffer.from([FAMILIES[request.family], 0, 0, 0]);
  return {
    type: (SUBSYSTEM << 8) | MESSAGES[request.message],
    flags: request.flags ?? 0,
    body: Buffer.concat([header, ...request.attributes]),
    what: request.what,
  };
}

/** Puts requests between the marks that make them one transaction; the last one is acknowledged. */
export function transaction(requests: readonly NetlinkRequest[]): readonly NetlinkRequest[] {
  const mark = (type: number): NetlinkRequest => ({
    type,
    body: Buffer.from([0, 0, 0, SUBSYSTEM]),
    what: "mark a transaction",
    acknowledge: false,
  });
  const last = requests.length - 1;
  return [
    mark(BATCH_BEGIN),
    ...requests.map((request, index) => ({ ...request, acknowledge: index === last })),
    mark(BATCH_END),
  ];
}

/** A list attribute: every entry under the type of list elements. */
export function listOf(type: number, entries: readonly (readonly Attribute[])[]): Attribute {
  return nested(
    type,
    entries.map((entry) => nested(1, entry)),
  );
}
