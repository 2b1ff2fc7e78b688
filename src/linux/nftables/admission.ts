import type { NetlinkSocket } from "../netlink/socket.ts";
import type { Expression } from "./expressions.ts";
import {
  deleteRule,
  type ForeignChain,
  type ForeignRule,
  insertRules,
  listChains,
  listRules,
} from "./foreign-rules.ts";
import type { Family } from "./protocol.ts";

/** Rules that must hold in everybody's chains at a hook. */
export interface Admission {
  readonly at: "input" | "forward";
  /** In chains of which tables. A chain belongs to one admission. */
  readonly families: readonly Family[];
  readonly rules: readonly (readonly Expression[])[];
}

export interface AdmissionOptions {
  /** Whose rules they are: shown as their comment, and how they are found again. */
  readonly mark: string;
  /** Tables that begin so are our own and let everything in anyway. */
  readonly ownTables: string;
  readonly admissions: readonly Admission[];
}

const HOOK_NUMBERS = { input: 1, forward: 2 } as const;
/** Docker keeps this chain in front of its own for rules of others. */
const DOCKER_USER = "DOCKER-USER";
/** Chains before it mark and rewrite packets. */
const FILTER_PRIORITY = 0;
const USERDATA_COMMENT = 0;

/**
 * Puts our accepts at the head of the chains that would drop our packets: a verdict of our own
 * table does not overrule theirs. Answers whether anything was missing.
 */
export function admit(socket: NetlinkSocket, options: AdmissionOptions): boolean {
  const chains = listChains(socket);
  const userData = comment(options.mark);
  let changed = false;
  for (const { at, families, rules } of options.admissions) {
    const foreign = chains.filter(({ table }) => !table.name.startsWith(options.ownTables));
    for (const chain of closedChains(
      socket,
      foreign.filter(({ table }) => families.includes(table.family)),
      at,
    )) {
      const own = ownRules(socket, chain, userData);
      if (own.length === rules.length) continue;
      for (const rule of own) deleteRule(socket, rule);
      insertRules(socket, chain, { rules, userData });
      changed = true;
    }
  }
  return changed;
}

/** Takes out of all chains what `admit` put in under that mark. */
export function withdraw(socket: NetlinkSocket, mark: string): void {
  const userData = comment(mark);
  for (const chain of listChains(socket)) {
    for (const rule of ownRules(socket, chain, userData)) deleteRule(socket, rule);
  }
}

/** Where rules belong so that packets at the hook get through. */
function closedChains(
  socket: NetlinkSocket,
  chains: readonly ForeignChain[],
  at: keyof typeof HOOK_NUMBERS,
): readonly ForeignChain[] {
  return chains
    .filter(({ hook }) => hook === HOOK_NUMBERS[at])
    .filter((chain) => chain.policy === "drop" || isFilter(socket, chain))
    .map((chain) => (at === "forward" ? (dockerUser(chains, chain) ?? chain) : chain));
}

/** A chain of filters may refuse with its last rule instead of by its policy, as firewalld's do. */
function isFilter(socket: NetlinkSocket, chain: ForeignChain): boolean {
  return (chain.priority ?? 0) >= FILTER_PRIORITY && listRules(socket, chain).length > 0;
}

function dockerUser(
  chains: readonly ForeignChain[],
  { table }: ForeignChain,
): ForeignChain | undefined {
  return chains.find(
    (one) =>
      one.name === DOCKER_USER &&
      one.table.name === table.name &&
      one.table.family === table.family,
  );
}

function ownRules(
  socket: NetlinkSocket,
  chain: ForeignChain,
  userData: Buffer,
): readonly ForeignRule[] {
  return listRules(socket, chain).filter((rule) => rule.userData.equals(userData));
}

/** The form in which `nft` keeps comments: type, length, text with NUL. */
function comment(text: string): Buffer {
  const value = Buffer.from(`${text}\0`);
  return Buffer.concat([Buffer.from([USERDATA_COMMENT, value.length]), value]);
}
