import { type Comprehension, type Expression, partsOf } from "./ast.ts";
import type { Budget } from "./budget.ts";
import { actualCallCost } from "./cost/actual-cost.ts";
import { LIST_COST } from "./cost/cost-rule.ts";
import { CelCostError, CelError, noOverload } from "./errors.ts";
import { literalMap } from "./literal-map.ts";
import { runtimeName } from "./operators.ts";
import { sortByKeys } from "./sorting.ts";
import { type CelMap, type CelValue, isList, isMap, Optional } from "./values.ts";

/** What evaluates the expressions that a comprehension is made of. */
export interface Inner {
  readonly budget: Budget;
  value(expression: Expression): CelValue;
  /** The value of an expression that sees more names. */
  within(bindings: readonly (readonly [string, CelValue])[], body: Expression): CelValue;
}

/** Evaluates `all`, `map` and their like, at the costs of the expressions that cel-go makes of them. */
export class Comprehensions {
  readonly #inner: Inner;
  /** Whether those that give a value a name use it. */
  readonly #uses = new Map<Comprehension, boolean>();

  constructor(inner: Inner) {
    this.#inner = inner;
  }

  value(comprehension: Comprehension): CelValue {
    const { macro, range, vars } = comprehension;
    if (macro === "optMap" || macro === "optFlatMap") return this.#optional(comprehension);
    const over = this.#inner.value(range);
    const rounds = roundsOf(over, vars);
    try {
      return this.#loop(rounds, comprehension);
    } finally {
      this.#inner.budget.spend(LOOP_END[macro] ?? 1);
    }
  }

  /** The macro stands for a question and a value, both asked of what is written once. */
  #optional(comprehension: Comprehension): CelValue {
    const { macro, range, vars, body } = comprehension;
    const before = this.#inner.budget.left;
    const over = this.#inner.value(range);
    if (!(over instanceof Optional)) throw noOverload(`hasValue(${runtimeName(over)})`);
    const once = before - this.#inner.budget.left;
    if (over.value === undefined) {
      this.#inner.budget.spend(2);
      return over;
    }
    // Only who uses the value pays for it.
    this.#inner.budget.spend(this.#isUsed(comprehension) ? once + 2 : 1);
    const value = this.#inner.within([[vars[0] ?? "", over.value]], body);
    if (macro === "optFlatMap") return value;
    this.#inner.budget.spend(1);
    return new Optional(value);
  }

  #isUsed(comprehension: Comprehension): boolean {
    const { body, vars } = comprehension;
    const isUsed = this.#uses.get(comprehension) ?? mentions(body, vars[0] ?? "");
    this.#uses.set(comprehension, isUsed);
    return isUsed;
  }

  /** What cel-go's macros do and cost in their rounds, by the expressions they stand for. */
  #loop(rounds: Iterable<Round>, comprehension: Comprehension): CelValue {
    const { macro, body } = comprehension;
    switch (macro) {
      case "all":
        return this.#quantify(rounds, { body, decisive: false });
      case "exists":
        return this.#quantify(rounds, { body, decisive: true });
      case "existsOne":
        return this.#passing(rounds, { body, cost: 2 }).length === 1;
      case "filter":
        return this.#passing(rounds, { body, cost: LIST_COST + 3 }).map(
          (round) => round[0]?.[1] ?? null,
        );
      case "sortBy":
        return this.#sorted(rounds, body);
      case "map":
      case "transformList":
        return this.#mapped(this.#kept(rounds, comprehension), body);
      case "transformMap":
        return literalMap(
          this.#kept(rounds, comprehension).map((round) => {
            this.#inner.budget.spend(3);
            return [round[0]?.[1] ?? null, this.#inner.within(round, body)];
          }),
        );
      case "transformMapEntry":
        return literalMap(
          this.#kept(rounds, comprehension).flatMap((round) => {
            this.#inner.budget.spend(2);
            const entry = this.#inner.within(round, body);
            if (!isMap(entry)) throw noOverload();
            return entry.keys().map((key) => [key, entry.get(key) ?? null] as const);
          }),
        );
      case "optMap":
      case "optFlatMap":
        throw noOverload();
    }
  }

  /** The keys are mapped from a list that has a name, which is looked up twice. */
  #sorted(all: Iterable<Round>, body: Expression): CelValue {
    const rounds = [...all];
    const elements = rounds.map((round) => round[0]?.[1] ?? null);
    const keys = this.#mapped(rounds, body);
    this.#inner.budget.spend(2 + actualCallCost("@sortByAssociatedKeys", [elements, keys]));
    return sortByKeys(elements, keys);
  }

  #mapped(rounds: Iterable<Round>, body: Expression): readonly CelValue[] {
    // A list of a literal is there beforehand.
    const cost = body.is === "literal" ? 2 : LIST_COST + 2;
    return Array.from(rounds, (round) => {
      this.#inner.budget.spend(cost);
      return this.#inner.within(round, body);
    });
  }

  /** The rounds that pass a test, each at that cost; the others cost no more than the test. */
  #passing(
    rounds: Iterable<Round>,
    { body, cost }: { readonly body: Expression; readonly cost: number },
  ): readonly Round[] {
    return [...rounds].filter((round) => {
      const passes = this.#test(round, body);
      this.#inner.budget.spend(passes ? cost : 0);
      return passes;
    });
  }

  #kept(rounds: Iterable<Round>, { filter }: Comprehension): readonly Round[] {
    return filter === undefined ? [...rounds] : this.#passing(rounds, { body: filter, cost: 0 });
  }

  #test(round: Round, body: Expression): boolean {
    const value = this.#inner.within(round, body);
    if (typeof value !== "boolean") throw noOverload();
    return value;
  }

  #quantify(
    rounds: Iterable<Round>,
    { body, decisive }: { readonly body: Expression; readonly decisive: boolean },
  ): boolean {
    let failure: CelError | undefined;
    let isDecided = false;
    for (const round of rounds) {
      this.#inner.budget.spend(decisive ? 3 : 2);
      if (isDecided) break;
      this.#inner.budget.spend(1);
      try {
        isDecided = this.#test(round, body) === decisive;
      } catch (error) {
        if (!(error instanceof CelError) || error instanceof CelCostError) throw error;
        failure ??= error;
      }
    }
    if (isDecided) return decisive;
    if (failure) throw failure;
    return !decisive;
  }
}

/** What a loop costs once its rounds are over, where that is not a step. */
const LOOP_END: Readonly<Partial<Record<Comprehension["macro"], number>>> = { existsOne: 2 };

const mentions = (expression: Expression, name: string): boolean =>
  (expression.is === "name" && expression.name === name) ||
  partsOf(expression).some((part) => mentions(part, name));

/** A type by cel-go's own name of it. */
function goType(value: CelValue): string {
  if (value === null) return "types.Null";
  const name = runtimeName(value).replace(/^.*\./, "");
  return `types.${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}

/** The variables of a round, one or two. */
type Round = readonly (readonly [string, CelValue])[];

type Vars = readonly string[];

/** One round after the other, made when it is due: a quantifier may need but one of many. */
function roundsOf(range: CelValue, vars: Vars): Iterable<Round> {
  if (isList(range)) return listRounds(range, vars);
  if (isMap(range)) return mapRounds(range, vars);
  throw new CelError(`got '${goType(range)}', expected iterable type`);
}

function* listRounds(list: readonly CelValue[], [first = "", second]: Vars): Iterable<Round> {
  for (const [index, value] of list.entries())
    if (second === undefined) yield [[first, value]];
    else
      yield [
        [first, BigInt(index)],
        [second, value],
      ];
}

function* mapRounds(map: CelMap, [first = "", second]: Vars): Iterable<Round> {
  for (const key of map.keys())
    if (second === undefined) yield [[first, key]];
    else
      yield [
        [first, key],
        [second, map.get(key) ?? null],
      ];
}
