import { isDeletion } from "./directives.ts";
import { goFormat, goTypeOf } from "./go-format.ts";
import { isMap } from "./json-map.ts";
import {
  contradictoryPatch,
  missingMergeKey,
  unprocessablePatch,
  wrongType,
} from "./patch-errors.ts";

export type List = readonly unknown[];

/** Upstream sorts lists up to this length by insertion. */
const SHORT = 20;

/** The name by which two elements of a list are the same: the value of the merge key, or they themselves. */
export function nameOf(element: unknown, mergeKey: string): unknown {
  if (mergeKey === "") return element;
  if (!isMap(element)) throw wrongType({}, element);
  if (!element.has(mergeKey)) throw missingMergeKey(element, mergeKey);
  return element.get(mergeKey);
}

/** Where each name stands first. */
function positions(list: List, mergeKey: string): Map<unknown, number> {
  const found = new Map<unknown, number>();
  for (const [index, element] of list.entries()) {
    const name = nameOf(element, mergeKey);
    if (!found.has(name)) found.set(name, index);
  }
  return found;
}

/**
 * The Go type that all elements of some lists have.
 *
 * @throws StatusError 422 for lists of lists, 500 where there is none or more than one.
 */
export function elementType(...lists: List[]): string {
  const [first, ...others] = lists.flat().map(goTypeOf);
  if (first === undefined) throw contradictoryPatch("no elements in any of the given slices");
  if (first === goTypeOf([]))
    throw unprocessablePatch(new Error("lists of lists are not supported"));
  if (first === goTypeOf(null) || others.some((other) => other !== first))
    throw contradictoryPatch(`list element types are not identical: ${goFormat(lists)}`);
  return first;
}

export interface Orders {
  /** The order that the client asked for; elements it does not name belong to the server alone. */
  readonly wanted: List;
  /** The order of the list before the patch. */
  readonly live: List;
  /** Empty for a list of plain values. */
  readonly mergeKey: string;
}

/** Which elements the client names in its order, and which it does not. */
function partition(merged: List, { wanted, mergeKey }: Orders): [unknown[], unknown[]] {
  if (mergeKey === "" && [...merged, ...wanted].some((each) => typeof each === "object" && each))
    throw contradictoryPatch("a list of maps without a merge key has no order");
  const stray = mergeKey === "" ? -1 : wanted.findIndex((element) => !isMap(element));
  const until = stray < 0 ? wanted : wanted.slice(0, stray);
  const names = new Set(until.map((element) => (isMap(element) ? element.get(mergeKey) : element)));
  const [named, others]: [unknown[], unknown[]] = [[], []];
  for (const element of merged) {
    if (names.has(nameOf(element, mergeKey))) named.push(element);
    else if (stray >= 0) throw contradictoryPatch(`value for key ${stray} is not a map`);
    else others.push(element);
  }
  return [named, others];
}

/** Sorts by where `order` has them; upstream puts what stands nowhere in front of its neighbour. */
function sortBy(list: List, order: List, mergeKey: string): unknown[] {
  const at = positions(order, mergeKey);
  const placed = list.map((element) => ({ element, at: at.get(nameOf(element, mergeKey)) }));
  const kept = placed.filter(({ element }) => !isDeletion(element));
  if (kept.length <= SHORT && kept.some((each) => each.at === undefined)) {
    const sorted: typeof kept = [];
    for (const each of kept) {
      const before = sorted.findLastIndex(
        (other) => each.at !== undefined && other.at !== undefined && other.at <= each.at,
      );
      sorted.splice(before + 1, 0, each);
    }
    kept.splice(0, kept.length, ...sorted);
  } else kept.sort((a, b) => (a.at ?? -1) - (b.at ?? -1));
  return [...kept, ...placed.filter(({ element }) => isDeletion(element))].map(
    ({ element }) => element,
  );
}

/**
 * Puts a merged list in order, as upstream does: the relative order of what the client names is the
 * client's, the relative order of the rest is that of the live list, and both are interleaved as
 * the live list suggests.
 *
 * @throws StatusError 500 for elements without the merge key.
 */
export function orderMerged(merged: List, orders: Orders): unknown[] {
  const { wanted, live, mergeKey } = orders;
  const [named, others] = partition(merged, orders);
  const clients = sortBy(named, wanted, mergeKey);
  const servers = sortBy(others, live, mergeKey);
  const liveAt = positions(live, mergeKey);
  const at = (element: unknown) => liveAt.get(nameOf(element, mergeKey));

  const result: unknown[] = [];
  let next = 0;
  for (const client of clients) {
    const clientAt = at(client) ?? -1;
    for (; next < servers.length; next += 1) {
      const serverAt = at(servers[next]);
      if (serverAt === undefined || serverAt >= clientAt) break;
      result.push(servers[next]);
    }
    result.push(client);
  }
  return [...result, ...servers.slice(next)];
}
