import type { CelType } from "../types.ts";
import { exactly, ONE, plus, type Span, scaled, times, UNKNOWN, union } from "./span.ts";

/** An argument or receiver, as far as it is known before evaluation. */
export interface Operand {
  readonly type: CelType;
  readonly size: Span;
  /** Of the elements of a list, or the keys of a map; undefined of what has no elements. */
  elementSize(): Span | undefined;
  /** Where it is a literal of an int. */
  readonly int: number | undefined;
}

/** What a call costs beside its arguments, and how large its result is where that is known. */
export interface CallCost {
  readonly cost: Span;
  readonly size?: Span;
}

/** The receiver of a method is its first operand. */
export type CostRule = (operands: readonly Operand[]) => CallCost;

/** Rules of functions and operators by their names, a dot before those of methods. */
export type CostRules = Readonly<Record<string, CostRule>>;

/** cel-go's `common/cost.go`. */
export const LIST_COST = 10;
export const MAP_COST = 30;
export const STRUCT_COST = 40;
export const PER_CHARACTER = 0.1;
export const PER_PATTERN_CHARACTER = 0.25;

/** What costs a step, whatever it is about. */
export const STEP: CallCost = { cost: ONE };

/** Reading a text from one end to the other, so many times. */
export const traversal = (size: Span, rounds = 1): Span => scaled(size, rounds * PER_CHARACTER);

/** Looking for a regular expression in a text, which may be empty. */
export const search = (text: Span, pattern: Span): Span =>
  times(traversal(plus(text, ONE)), scaled(pattern, PER_PATTERN_CHARACTER));

export const sizeOf = (operand: Operand | undefined): Span => operand?.size ?? UNKNOWN;

/** Whether something holds for values of the types that are known. */
export type Fit = "always" | "maybe" | "never";

export function fitOf(operand: Operand | undefined, wanted: CelType["is"]): Fit {
  if (operand?.type.is === wanted) return "always";
  return operand?.type.is === "dyn" ? "maybe" : "never";
}

/** True for texts and bytes. */
export const isTextual = ({ is }: CelType): boolean => is === "string" || is === "bytes";

/** A function with forms that cost what the rule says, and forms that cost a step. */
export const orStep =
  (rule: CostRule, applies: (operands: readonly Operand[]) => Fit): CostRule =>
  (operands) => {
    switch (applies(operands)) {
      case "always":
        return rule(operands);
      case "never":
        return STEP;
      case "maybe": {
        const { cost, ...size } = rule(operands);
        return { cost: union(cost, ONE), ...size };
      }
    }
  };

/** Makes a list of that many elements. */
export const listOfSize = (size: Span, perElement = 1): CallCost => ({
  cost: plus(scaled(size, perElement), exactly(1 + LIST_COST)),
  size,
});

/** Every element is compared with every other. */
export const comparesPairs = (list: Operand | undefined, perPair: number): CallCost =>
  listOfSize(times(sizeOf(list), sizeOf(list)), perPair);

/** What sorting takes beside the comparisons where elements are texts. */
export const TEXT_PAIR_COST = 2 + PER_CHARACTER;
/** A named format takes a pattern of no more than 128 characters. */
export const FORMAT_PATTERN_COST = 128 * PER_PATTERN_CHARACTER;
