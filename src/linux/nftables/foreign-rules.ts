import { errorCode } from "#lib/errors.ts";
import { bytes, nested, parseAttributes, text, textOf } from "../netlink/attributes.ts";
import { CREATE, DUMP } from "../netlink/message.ts";
import type { NetlinkSocket } from "../netlink/socket.ts";
import type { Expression } from "./expressions.ts";
import {
  FAMILIES,
  type Family,
  HEADER_BYTES,
  nftablesRequest,
  type TableName,
  transaction,
} from "./protocol.ts";

/** A chain that somebody else has made. */
export interface ForeignChain {
  readonly table: TableName;
  readonly name: string;
  /** Number of the hook (NF_INET_*); absent: only reached by a jump. */
  readonly hook?: number;
  /** Where among the chains of the hook it stands; 0 is the usual filter. */
  readonly priority?: number;
  /** What happens to packets that no rule decides on. */
  readonly policy: "accept" | "drop";
}

export interface ForeignRule {
  readonly chain: string;
  readonly table: TableName;
  readonly handle: bigint;
  /** The bytes that whoever made the rule has left on it. */
  readonly userData: Buffer;
}

const FAMILY_NAMES = new Map<number, Family>(
  (["inet", "ip", "ip6", "arp"] as const).map((name) => [FAMILIES[name], name]),
);
const NF_DROP = 0;

/** All chains that packets of IP pass. */
export function listChains(socket: NetlinkSocket): readonly ForeignChain[] {
  const request = { message: "getChain", attributes: [], what: "list the chains" } as const;
  return (["ip", "ip6", "inet"] as const).flatMap((family) =>
    socket
      .request(nftablesRequest({ ...request, family, flags: DUMP }))
      .map(({ body }) => parseChain(body))
      .filter((chain) => chain.table.family === family),
  );
}

/** The rules of a chain, in their order. */
export function listRules(socket: NetlinkSocket, chain: ForeignChain): readonly ForeignRule[] {
  const { table, name } = chain;
  const attributes = [text(1, table.name), text(2, name)];
  const request = { message: "getRule", family: table.family, attributes } as const;
  const what = `list the rules of ${name}`;
  return socket
    .request(nftablesRequest({ ...request, what, flags: DUMP }))
    .map(({ body }) => parseRule(body))
    .filter((rule) => rule.chain === name && rule.table.name === table.name);
}

/** Puts rules at the head of a chain, in their order, each marked with `userData`. */
export function insertRules(
  socket: NetlinkSocket,
  { table, name }: ForeignChain,
  { rules, userData }: { rules: readonly (readonly Expression[])[]; userData: Buffer },
): void {
  const requests = rules.toReversed().map((rule) =>
    nftablesRequest({
      message: "newRule",
      family: table.family,
      flags: CREATE,
      attributes: [text(1, table.name), text(2, name), nested(4, rule), bytes(7, userData)],
      what: `insert a rule into the chain ${name}`,
    }),
  );
  if (requests.length > 0) socket.batch(transaction(requests));
}

/** Deletes a rule; one that is gone is fine. */
export function deleteRule(socket: NetlinkSocket, rule: ForeignRule): void {
  const handle = Buffer.alloc(8);
  handle.writeBigUInt64BE(rule.handle);
  const attributes = [text(1, rule.table.name), text(2, rule.chain), bytes(3, handle)];
  const what = `delete a rule from the chain ${rule.chain}`;
  const { family } = rule.table;
  try {
    const request = nftablesRequest({ message: "deleteRule", family, attributes, what });
    socket.batch(transaction([request]));
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw error;
  }
}

function parseChain(body: Buffer): ForeignChain {
  const attributes = parseAttributes(body.subarray(HEADER_BYTES));
  const hookAttribute = attributes.get(4);
  const hook = hookAttribute && parseAttributes(hookAttribute);
  const policy = attributes.get(5);
  return {
    table: tableOf(body, attributes.get(1)),
    name: textOf(attributes.get(3)),
    ...(hook && {
      hook: hook.get(1)?.readUInt32BE(0) ?? -1,
      priority: hook.get(2)?.readInt32BE(0) ?? 0,
    }),
    policy: policy?.readUInt32BE(0) === NF_DROP ? "drop" : "accept",
  };
}

function parseRule(body: Buffer): ForeignRule {
  const attributes = parseAttributes(body.subarray(HEADER_BYTES));
  return {
    table: tableOf(body, attributes.get(1)),
    chain: textOf(attributes.get(2)),
    handle: attributes.get(3)?.readBigUInt64BE(0) ?? 0n,
    userData: Buffer.from(attributes.get(7) ?? Buffer.alloc(0)),
  };
}

function tableOf(body: Buffer, name: Buffer | undefined): TableName {
  return { family: FAMILY_NAMES.get(body.readUInt8(0)) ?? "inet", name: textOf(name) };
}
