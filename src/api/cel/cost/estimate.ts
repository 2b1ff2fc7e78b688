import { type Comprehension, type Expression, qualifiedName } from "../ast.ts";
import type { Checked } from "../check.ts";
import { isTypeName } from "../type-names.ts";
import type { CelType } from "../types.ts";
import { callCost } from "./call-cost.ts";
import { LIST_COST, MAP_COST, type Operand, STRUCT_COST } from "./cost-rule.ts";
import { isScalar, KnownSizes, type SizeBounds } from "./known-sizes.ts";
import { LOOP_COSTS, type Loop } from "./loop-costs.ts";
import { exactly, NOTHING, ONE, plus, type Span, times, UNKNOWN, union } from "./span.ts";

/**
 * The most that evaluating an expression may cost, in cel-go's units, as its checker/cost.go finds
 * it: infinite where nothing bounds what it reads.
 */
export function estimateCost(checked: Checked, bounds: SizeBounds): number {
  return new Estimator(checked, bounds).cost(checked.expression).max;
}

/** An argument: what it costs, and what there is to know of it. */
interface Argument {
  readonly cost: Span;
  readonly operand: Operand;
}

class Estimator {
  readonly #checked: Checked;
  readonly #sizes: KnownSizes;

  constructor(checked: Checked, bounds: SizeBounds) {
    this.#checked = checked;
    this.#sizes = new KnownSizes(checked.types, bounds);
  }

  cost(expression: Expression): Span {
    switch (expression.is) {
      case "literal":
        return NOTHING;
      case "name":
        this.#sizes.setRoot(expression, expression.name);
        return ONE;
      case "select":
        return this.#select(expression);
      case "index":
        return this.#index(expression);
      case "call":
        return this.#call(expression);
      case "and":
      case "or": {
        // What is on the right need not be looked at.
        const { min, max } = this.#argument(expression.left).cost;
        return { min, max: max + this.#argument(expression.right).cost.max };
      }
      case "conditional":
        return this.#conditional(expression);
      case "list":
        return this.#list(expression);
      case "map":
        return this.#map(expression);
      case "struct":
        return plus(
          exactly(STRUCT_COST),
          ...expression.fields.map(({ value }) => this.cost(value)),
        );
      case "comprehension":
        return this.#comprehension(expression);
    }
  }

  #typeOf(expression: Expression): CelType {
    return this.#checked.types.get(expression) ?? { is: "dyn" };
  }

  #argument(expression: Expression): Argument {
    const cost = this.cost(expression);
    const isInt = expression.is === "literal" && typeof expression.value === "bigint";
    const operand = {
      type: this.#typeOf(expression),
      size: this.#sizes.of(expression),
      elementSize: this.#sizes.elementsOf(expression),
      int: isInt ? Number(expression.value) : undefined,
    };
    return { cost, operand };
  }

  #select(expression: Extract<Expression, { is: "select" }>): Span {
    const { operand, field, isTest, isOptional } = expression;
    const qualified = qualifiedName(expression);
    if (qualified !== undefined && isTypeName(qualified)) {
      this.#sizes.setRoot(expression, qualified);
      return ONE;
    }
    const cost = this.cost(operand);
    // To ask whether a field is there is free in Kubernetes.
    if (isTest) return cost;
    if (isOptional) return plus(cost, ONE);
    this.#sizes.setPart(expression, operand, field);
    const { is } = this.#typeOf(operand);
    return is === "map" || is === "object" ? plus(cost, ONE) : cost;
  }

  #index(expression: Extract<Expression, { is: "index" }>): Span {
    const { operand, index, isOptional } = expression;
    const container = this.#argument(operand);
    const place = this.#argument(index);
    const { is } = container.operand.type;
    if (!isOptional && is !== "optional") {
      this.#sizes.setPart(expression, operand, is === "list" ? "@items" : "@values");
      this.#sizes.setElement(expression, operand);
    }
    return plus(ONE, container.cost, place.cost);
  }

  #call(call: Extract<Expression, { is: "call" }>): Span {
    const { name, target, args } = call;
    const [first, second] = args;
    if (name === "dyn" && target === undefined && first !== undefined) {
      const cost = plus(this.cost(first), ONE);
      this.#sizes.copy(call, first);
      return cost;
    }
    const fullName = this.#checked.namespaced.get(call);
    const given = args.map((arg) => this.#argument(arg));
    const isMethod = target !== undefined && fullName === undefined;
    const all = isMethod ? [this.#argument(target), ...given] : given;
    const operands = all.map(({ operand }) => operand);
    const { cost, size } = callCost(fullName ?? (isMethod ? `.${name}` : name), operands);
    if (size !== undefined) this.#sizes.setSize(call, size);
    if (name === "_+_" && first && second) this.#sizes.join(call, first, second);
    return plus(cost, ...all.map((one) => one.cost));
  }

  #conditional(expression: Extract<Expression, { is: "conditional" }>): Span {
    const { condition, then, otherwise } = expression;
    const test = this.#argument(condition);
    const yes = this.#argument(then);
    const no = this.#argument(otherwise);
    this.#sizes.join(expression, then, otherwise);
    this.#sizes.setSize(expression, union(yes.operand.size, no.operand.size));
    return plus(test.cost, union(yes.cost, no.cost));
  }

  #list(expression: Extract<Expression, { is: "list" }>): Span {
    const values = expression.elements.map(({ value }) => value);
    const costs = values.map((value) => this.cost(value));
    this.#sizes.setEntries(expression, {
      isList: true,
      key: ONE,
      value: this.#sizes.ofAny(values),
    });
    return plus(exactly(LIST_COST), ...costs);
  }

  #map(expression: Extract<Expression, { is: "map" }>): Span {
    const keys = expression.entries.map(({ key }) => key);
    const values = expression.entries.map(({ value }) => value);
    const costs = expression.entries.flatMap(({ key, value }) => [
      this.cost(key),
      this.cost(value),
    ]);
    this.#sizes.setEntries(expression, {
      isList: false,
      key: this.#sizes.ofAny(keys),
      value: this.#sizes.ofAny(values),
    });
    return plus(exactly(MAP_COST), ...costs);
  }

  #comprehension(expression: Comprehension): Span {
    const { macro } = expression;
    return macro === "optMap" || macro === "optFlatMap"
      ? this.#optional(expression)
      : this.#loop(expression, macro);
  }

  /** `x.optMap(v, body)` is `x.hasValue() ? optional.of(body) : optional.none()`, `v` as `x.value()`. */
  #optional(expression: Comprehension): Span {
    const { macro, range, vars, body } = expression;
    const isMap = macro === "optMap";
    const test = plus(this.#argument(range).cost, ONE);
    const bound = plus(exactly(LIST_COST), this.cost(range), ONE);
    this.#sizes.enter(new Map([[vars[0] ?? "", { path: undefined, size: undefined }]]));
    const result = plus(bound, this.cost(body));
    const size = this.#sizes.of(body);
    this.#sizes.leave();
    const none = isScalar(this.#typeOf(expression)) ? ONE : UNKNOWN;
    this.#sizes.setSize(expression, isMap ? none : union(size, none));
    return plus(test, union(isMap ? plus(result, ONE) : result, ONE));
  }

  #loop(expression: Comprehension, macro: Loop): Span {
    const { range, vars, filter, body } = expression;
    const { once, round, result } = LOOP_COSTS[macro];
    const before = plus(this.cost(range), exactly(once));
    this.#sizes.enter(this.#sizes.loopVariables(range, vars));
    const test = filter && this.cost(filter);
    const each = round(this.cost(body));
    const { max } =
      macro === "filter"
        ? this.#sizes.ofVariable(vars[0] ?? "", elementType(this.#typeOf(range)))
        : this.#sizes.of(body);
    this.#sizes.leave();
    const count = this.#sizes.of(range);
    this.#sizes.setSize(expression, result === "scalar" ? ONE : count);
    if (result === "list")
      this.#sizes.setEntries(expression, { isList: true, key: ONE, value: { min: 0, max } });
    const all = plus(before, times(count, test ? plus(test, union(each, ONE)) : each));
    return macro === "sortBy" ? plus(all, this.#sorting(expression, count)) : all;
  }

  /** The keys of `sortBy` are mapped from a list that is given a name, which is looked up twice. */
  #sorting(expression: Comprehension, count: Span): Span {
    const type: CelType = { is: "list", of: this.#typeOf(expression.body) };
    const keys = { type, size: count, elementSize: () => undefined, int: undefined };
    const { cost, size } = callCost("@sortByAssociatedKeys", [keys, keys]);
    this.#sizes.setSize(expression, size ?? count);
    return plus(cost, exactly(LIST_COST + 2));
  }
}

function elementType(type: CelType): CelType | undefined {
  if (type.is === "list") return type.of;
  return type.is === "map" ? type.key : undefined;
}
