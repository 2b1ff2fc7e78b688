import type { Comprehension, Expression } from "./ast.ts";

/**
 * A loop as cel-go makes one of a macro: `step` is the next value of `accumulator`, which begins as
 * `initial`, for each element of `range`.
 */
export interface Fold {
  readonly range: Expression;
  readonly vars: readonly string[];
  readonly accumulator: string;
  readonly initial: Expression;
  readonly step: Expression;
  readonly result: Expression;
}

const ACCUMULATOR = "@result";
const SORTED = "@__sortBy_input__";

type Making = Pick<Fold, "initial" | "step"> & { readonly result?: Expression };

/** The loop that a macro stands for. */
export function expandLoop(comprehension: Comprehension): Fold {
  const { at, range, vars, body } = comprehension;
  if (comprehension.macro === "sortBy") {
    const input: Expression = { is: "name", at, name: SORTED };
    const keys: Expression = { is: "comprehension", at, macro: "map", range: input, vars, body };
    const name = "@sortByAssociatedKeys";
    const result: Expression = { is: "call", at, name, target: input, args: [keys] };
    return binding({ at, name: SORTED, value: range, result });
  }
  const accumulated: Expression = { is: "name", at, name: ACCUMULATOR };
  return {
    range,
    vars,
    accumulator: ACCUMULATOR,
    result: accumulated,
    ...madeBy(comprehension, accumulated),
  };
}

/** A loop over nothing, which gives a value a name. */
export function binding(bound: {
  readonly at: number;
  readonly name: string;
  readonly value: Expression;
  readonly result: Expression;
}): Fold {
  const { at, name, value, result } = bound;
  return {
    range: { is: "list", at, elements: [] },
    vars: ["#unused"],
    accumulator: name,
    initial: value,
    step: { is: "name", at, name },
    result,
  };
}

function madeBy({ at, macro, vars, filter, body }: Comprehension, accumulated: Expression): Making {
  const literal = (value: boolean | bigint): Expression => ({ is: "literal", at, value });
  const call = (name: string, ...args: readonly Expression[]): Expression => ({
    is: "call",
    at,
    name,
    args,
  });
  const where = (condition: Expression, then: Expression): Expression => ({
    is: "conditional",
    at,
    condition,
    then,
    otherwise: accumulated,
  });
  const passing = (then: Expression): Expression => (filter ? where(filter, then) : then);
  const adding = (value: Expression): Expression =>
    call("_+_", accumulated, { is: "list", at, elements: [{ value, isOptional: false }] });
  const first: Expression = { is: "name", at, name: vars[0] ?? "" };
  const list: Expression = { is: "list", at, elements: [] };
  const map: Expression = { is: "map", at, entries: [] };
  switch (macro) {
    case "all":
      return { initial: literal(true), step: { is: "and", at, left: accumulated, right: body } };
    case "exists":
      return { initial: literal(false), step: { is: "or", at, left: accumulated, right: body } };
    case "existsOne":
      return {
        initial: literal(0n),
        step: where(body, call("_+_", accumulated, literal(1n))),
        result: call("_==_", accumulated, literal(1n)),
      };
    case "filter":
      return { initial: list, step: where(body, adding(first)) };
    case "transformMap":
      return {
        initial: map,
        step: passing(call("cel.@mapInsert", accumulated, first, body)),
      };
    case "transformMapEntry":
      return { initial: map, step: passing(call("cel.@mapInsert", accumulated, body)) };
    case "map":
    case "optFlatMap":
    case "optMap":
    case "sortBy":
    case "transformList":
      return { initial: list, step: passing(adding(body)) };
  }
}
