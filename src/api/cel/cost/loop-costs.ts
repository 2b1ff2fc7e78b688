import type { Comprehension } from "../ast.ts";
import { exactly, plus, type Span } from "./span.ts";

export type Loop = Exclude<Comprehension["macro"], "optFlatMap" | "optMap">;

interface LoopCost {
  /** What it makes. */
  readonly result: "list" | "map" | "scalar";
  /** What it costs without any round: its first result, and its last. */
  readonly once: number;
  /** What a round costs whose body costs that. */
  round(body: Span): Span;
}

const inserting = (cost: number) => (body: Span) => plus(body, exactly(cost));
const appending: LoopCost = { result: "list", once: 11, round: inserting(12) };

/** What cel-go's macros cost that go through a list or map, by the expressions they stand for. */
export const LOOP_COSTS: Readonly<Record<Loop, LoopCost>> = {
  // A round may need no more than a look at the result.
  all: { result: "scalar", once: 1, round: ({ max }) => ({ min: 3, max: max + 3 }) },
  exists: { result: "scalar", once: 1, round: ({ max }) => ({ min: 4, max: max + 4 }) },
  existsOne: { result: "scalar", once: 2, round: (body) => plus(body, { min: 1, max: 2 }) },
  filter: { result: "list", once: 11, round: (body) => plus(body, { min: 1, max: 13 }) },
  map: appending,
  sortBy: appending,
  transformList: appending,
  transformMap: { result: "map", once: 31, round: inserting(3) },
  transformMapEntry: { result: "map", once: 31, round: inserting(2) },
};
