import { errorCode } from "#lib/errors.ts";
import {
  type Attribute,
  be32,
  bytes,
  listAttributes,
  nested,
  parseAttributes,
  text,
} from "../netlink/attributes.ts";
import { APPEND, CREATE, DUMP, type NetlinkRequest } from "../netlink/message.ts";
import type { NetlinkSocket } from "../netlink/socket.ts";
import type { Expression } from "./expressions.ts";
import { type KeyType, keyLength, keyTypeId } from "./keys.ts";
import {
  ELEMENTS_PER_MESSAGE,
  HEADER_BYTES,
  listOf,
  type NftablesRequest,
  nftablesRequest,
  type TableName,
  transaction,
} from "./protocol.ts";

/** Where in the way of a packet a chain stands. Numbers below 0 come before the usual filters. */
export interface Hook {
  readonly type: "filter" | "nat";
  readonly at: "prerouting" | "input" | "forward" | "output" | "postrouting";
  readonly priority: number;
}

export interface Chain {
  readonly name: string;
  /** Absent: only reached by a jump. */
  readonly hook?: Hook;
  readonly rules: readonly (readonly Expression[])[];
}

export interface Element {
  readonly key: Uint8Array;
  /** In maps: what the key leads to. */
  readonly data?: Uint8Array;
}

export interface NamedSet {
  readonly name: string;
  readonly key: readonly KeyType[];
  /** Makes it a map. */
  readonly data?: readonly KeyType[];
  readonly elements: readonly Element[];
}

/** All of a table. */
export interface Table extends TableName {
  readonly sets: readonly NamedSet[];
  readonly chains: readonly Chain[];
}

/** NF_INET_* and, for the two of the ARP family, NF_ARP_*. */
const INET_HOOKS = { prerouting: 0, input: 1, forward: 2, output: 3, postrouting: 4 } as const;
const ARP_HOOKS: Readonly<Partial<Record<Hook["at"], number>>> = { input: 0, output: 1 };

const SET_IS_MAP = 8;

/**
 * Puts a table in place of the one of that name, if there is one, in one step: no packet sees
 * anything between the old and the new one.
 * @throws {NetlinkError} naming the part that the kernel refused; nothing has changed then.
 */
export function replaceTable(socket: NetlinkSocket, table: Table): void {
  // To delete what may not exist, add it first: adding what exists changes nothing.
  const requests = [addTable(table), removeTable(table), addTable(table)];
  for (const chain of table.chains) requests.push(addChain(table, chain));
  for (const set of table.sets) requests.push(addSet(table, set), ...addElements(table, set));
  for (const { name, rules } of table.chains) {
    for (const rule of rules) requests.push(addRule(table, name, rule));
  }
  socket.batch(transaction(requests));
}

/** Deletes a table with all that is in it; no such table is fine. */
export function deleteTable(socket: NetlinkSocket, table: TableName): void {
  socket.batch(transaction([addTable(table), removeTable(table)]));
}

/** Whether there is a table of that name. */
export function hasTable(socket: NetlinkSocket, { family, name }: TableName): boolean {
  const attributes = [text(1, name)];
  const what = `find the table ${name}`;
  try {
    socket.request(nftablesRequest({ message: "getTable", family, attributes, what }));
    return true;
  } catch (error) {
    if (errorCode(error) === "ENOENT") return false;
    throw error;
  }
}

/** The elements of a set or map; `undefined` when there is none of that name. */
export function readElements(
  socket: NetlinkSocket,
  table: TableName,
  set: string,
): readonly Element[] | undefined {
  const attributes = [text(1, table.name), text(2, set)];
  const what = `read the set ${set}`;
  const request = { message: "getElements", family: table.family, attributes, what } as const;
  try {
    const answers = socket.request(nftablesRequest({ ...request, flags: DUMP }));
    return answers.flatMap(({ body }) => parseElements(body.subarray(HEADER_BYTES)));
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

function parseElements(message: Buffer): Element[] {
  const list = parseAttributes(message).get(3) ?? Buffer.alloc(0);
  return listAttributes(list).map(([, entry]) => {
    const parts = parseAttributes(entry);
    const data = parts.get(2);
    const key = valueBytes(parts.get(1));
    return data === undefined ? { key } : { key, data: valueBytes(data) };
  });
}

function valueBytes(data: Buffer | undefined): Buffer {
  const value = parseAttributes(data ?? Buffer.alloc(0)).get(1);
  return Buffer.from(value ?? Buffer.alloc(0));
}

type Part = Omit<NftablesRequest, "family">;

function inTable({ family }: TableName, part: Part): NetlinkRequest {
  return nftablesRequest({ ...part, family });
}

function addTable(table: TableName): NetlinkRequest {
  const what = `add the table ${table.name}`;
  return inTable(table, {
    message: "newTable",
    flags: CREATE,
    attributes: [text(1, table.name)],
    what,
  });
}

function removeTable(table: TableName): NetlinkRequest {
  const what = `delete the table ${table.name}`;
  return inTable(table, { message: "deleteTable", attributes: [text(1, table.name)], what });
}

function addChain(table: TableName, { name, hook }: Chain): NetlinkRequest {
  const attributes = [text(1, table.name), text(3, name)];
  if (hook) attributes.push(...hookAttributes(table, hook));
  const what = `add the chain ${name}`;
  return inTable(table, { message: "newChain", flags: CREATE, attributes, what });
}

function hookAttributes({ family }: TableName, { type, at, priority }: Hook): Attribute[] {
  const number = family === "arp" ? ARP_HOOKS[at] : INET_HOOKS[at];
  if (number === undefined) throw new RangeError(`There is no hook ${at} in family ${family}`);
  const acceptByDefault = be32(5, 1);
  return [nested(4, [be32(1, number), be32(2, priority)]), acceptByDefault, text(7, type)];
}

function addSet(table: TableName, { name, key, data }: NamedSet): NetlinkRequest {
  const attributes = [
    text(1, table.name),
    text(2, name),
    be32(3, data ? SET_IS_MAP : 0),
    be32(4, keyTypeId(key)),
    be32(5, keyLength(key)),
    // A number by which rules of the same transaction could name the set; they use the name.
    be32(10, 1),
  ];
  if (data) attributes.push(be32(6, keyTypeId(data)), be32(7, keyLength(data)));
  const what = `add the set ${name}`;
  return inTable(table, { message: "newSet", flags: CREATE, attributes, what });
}

function addElements(table: TableName, { name, elements }: NamedSet): NetlinkRequest[] {
  const requests: NetlinkRequest[] = [];
  for (let from = 0; from < elements.length; from += ELEMENTS_PER_MESSAGE) {
    const entries = elements.slice(from, from + ELEMENTS_PER_MESSAGE).map(encodeElement);
    const attributes = [text(1, table.name), text(2, name), listOf(3, entries)];
    const what = `fill the set ${name}`;
    requests.push(inTable(table, { message: "newElements", flags: CREATE, attributes, what }));
  }
  return requests;
}

function encodeElement({ key, data }: Element): Attribute[] {
  const entry = [nested(1, [bytes(1, key)])];
  if (data) entry.push(nested(2, [bytes(1, data)]));
  return entry;
}

function addRule(table: TableName, chain: string, rule: readonly Expression[]): NetlinkRequest {
  const attributes = [text(1, table.name), text(2, chain), nested(4, rule)];
  const what = `add a rule to the chain ${chain}`;
  return inTable(table, { message: "newRule", flags: CREATE | APPEND, attributes, what });
}
