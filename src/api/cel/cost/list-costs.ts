import {
  type CostRule,
  type CostRules,
  comparesPairs,
  isTextual,
  listOfSize,
  sizeOf,
  TEXT_PAIR_COST,
  traversal,
} from "./cost-rule.ts";
import { exactly, ONE, plus, scaled, times } from "./span.ts";

const hasTexts = (list: Parameters<CostRule>[0][number] | undefined): boolean =>
  list?.type.is === "list" && isTextual(list.type.of);

const isOfAny = (list: Parameters<CostRule>[0][number] | undefined): boolean =>
  list?.type.is === "dyn" || (list?.type.is === "list" && list.type.of.is === "dyn");

/** One step for each element, and reading it where it is a text; a text itself is read. */
const visits: CostRule = ([list]) => {
  const size = sizeOf(list);
  const elements = list?.elementSize();
  if (elements === undefined) return { cost: traversal(size) };
  return { cost: times(size, hasTexts(list) ? plus(ONE, traversal(elements)) : ONE) };
};

const comparesSets =
  (rounds: number): CostRule =>
  ([a, b]) => ({ cost: plus(scaled(times(sizeOf(a), sizeOf(b)), rounds), ONE) });

const sorts: CostRule = ([list]) =>
  comparesPairs(list, hasTexts(list) || isOfAny(list) ? TEXT_PAIR_COST : 2);

/** Of what goes through lists. */
export const LIST_COSTS: CostRules = {
  ".isSorted": visits,
  ".sum": visits,
  ".max": visits,
  ".min": visits,
  ".indexOf": visits,
  ".lastIndexOf": visits,
  ".slice": ([list, from, to]) =>
    listOfSize(exactly(Math.max(0, (to?.int ?? sizeOf(list).max) - (from?.int ?? 0)))),
  ".flatten": ([list, depth]) =>
    listOfSize(sizeOf(list), depth === undefined ? 1 : (depth.int ?? Number.POSITIVE_INFINITY)),
  ".reverse": ([list]) => listOfSize(sizeOf(list)),
  ".distinct": ([list]) => comparesPairs(list, 2),
  ".sort": sorts,
  "@sortByAssociatedKeys": ([, ...keys]) => sorts(keys),
  lists_range: ([count]) => listOfSize(exactly(count?.int ?? Number.POSITIVE_INFINITY)),
  sets_contains: comparesSets(1),
  sets_intersects: comparesSets(1),
  sets_equivalent: comparesSets(2),
};
