import { type Comprehension, type Expression, qualifiedName } from "./ast.ts";
import { actualCallCost } from "./cost/actual-cost.ts";
import { LIST_COST, MAP_COST, STRUCT_COST } from "./cost/cost-rule.ts";
import { CelCostError, CelError, noKey, noOverload } from "./errors.ts";
import type { Functions, Overload } from "./functions.ts";
import {
  arithmetic,
  compare,
  contains,
  elementAt,
  equals,
  negate,
  runtimeName,
  shownKey,
} from "./operators.ts";
import { isQualifiedType, isTypeName } from "./type-names.ts";
import type { CelType } from "./types.ts";
import {
  type CelMap,
  type CelValue,
  isList,
  isMap,
  LiteralMap,
  Opaque,
  Optional,
  StructValue,
  TypeValue,
} from "./values.ts";

/** What an evaluation may still cost, in cel-go's units: about one per step. */
export class Budget {
  #left: number;

  constructor(limit: number) {
    this.#left = limit;
  }

  get left(): number {
    return this.#left;
  }

  /** @throws CelCostError */
  spend(cost: number): void {
    this.#left -= cost;
    if (this.#left < 0) throw new CelCostError();
  }
}

export type Bindings = ReadonlyMap<string, CelValue>;

interface Run {
  readonly functions: Functions;
  readonly bindings: Bindings;
  readonly budget: Budget;
}

/** @throws CelError where there is no value, CelCostError when the budget is used up. */
export function evaluateExpression(expression: Expression, run: Run): CelValue {
  return new Evaluator(run).value(expression);
}

class Evaluator {
  readonly #functions: Functions;
  readonly #budget: Budget;
  readonly #scopes: Bindings[];

  constructor({ functions, bindings, budget }: Run) {
    this.#functions = functions;
    this.#budget = budget;
    this.#scopes = [bindings];
  }

  value(expression: Expression): CelValue {
    switch (expression.is) {
      case "literal":
        return expression.value;
      case "name":
        this.#budget.spend(1);
        return this.#name(expression.name);
      case "select":
        // To ask whether a field is there is free in Kubernetes.
        if (!expression.isTest) this.#budget.spend(1);
        return this.#select(expression);
      case "index":
        this.#budget.spend(1);
        return this.#index(expression);
      case "call":
        return this.#call(expression);
      case "and":
        return this.#logical(expression, false);
      case "or":
        return this.#logical(expression, true);
      case "conditional": {
        const condition = this.value(expression.condition);
        if (typeof condition !== "boolean") throw noOverload();
        return this.value(condition ? expression.then : expression.otherwise);
      }
      case "list":
        this.#budget.spend(LIST_COST);
        return expression.elements.flatMap(({ value, isOptional }) =>
          present(this.value(value), isOptional),
        );
      case "map":
        return this.#map(expression.entries);
      case "struct":
        this.#budget.spend(STRUCT_COST);
        return new StructValue(
          expression.typeName,
          expression.fields.flatMap(({ name, value, isOptional }) =>
            present(this.value(value), isOptional).map((one) => [name, one] as const),
          ),
        );
      case "comprehension":
        return this.#comprehension(expression);
    }
  }

  #name(name: string): CelValue {
    const found = this.#scopes.findLast((scope) => scope.has(name))?.get(name);
    if (found !== undefined) return found;
    if (isTypeName(name)) return new TypeValue(name);
    throw new CelError(`no such attribute(s): ${name}`);
  }

  #within(bindings: readonly (readonly [string, CelValue])[], body: Expression): CelValue {
    this.#scopes.push(new Map(bindings));
    try {
      return this.value(body);
    } finally {
      this.#scopes.pop();
    }
  }

  #select(expression: Extract<Expression, { is: "select" }>): CelValue {
    const { operand, field, isTest, isOptional } = expression;
    const qualified = qualifiedName(expression);
    if (qualified !== undefined && isQualifiedType(qualified)) return new TypeValue(qualified);
    const variable = qualified === undefined ? undefined : this.#scopes[0]?.get(qualified);
    if (variable !== undefined) return variable;
    const found = this.value(operand);
    const container = found instanceof Optional ? found.value : found;
    const value =
      container === undefined ? undefined : fieldOf(container, field, isTest || isOptional);
    if (isTest) return value !== undefined;
    if (isOptional || found instanceof Optional) return asOptional(value);
    if (value === undefined) throw noKey(field);
    return value;
  }

  #index({ operand, index, isOptional }: Extract<Expression, { is: "index" }>): CelValue {
    const found = this.value(operand);
    const key = this.value(index);
    const container = found instanceof Optional ? found.value : found;
    const value = container === undefined ? undefined : elementAt(container, key);
    if (isOptional || found instanceof Optional) return asOptional(value);
    if (value !== undefined) return value;
    if (container !== undefined && isList(container))
      throw new CelError(`index out of bounds: ${shownKey(key)}`);
    throw noKey(shownKey(key));
  }

  #map(entries: Extract<Expression, { is: "map" }>["entries"]): CelValue {
    this.#budget.spend(MAP_COST);
    return literalMap(
      entries.flatMap(({ key, value, isOptional }) =>
        present(this.value(value), isOptional).map((one) => [this.value(key), one] as const),
      ),
    );
  }

  /** An error on one side is forgiven where the other side decides. */
  #logical(
    { left, right }: { readonly left: Expression; readonly right: Expression },
    decisive: boolean,
  ): CelValue {
    const first = this.#attempt(left);
    if (first === decisive) return decisive;
    const second = this.#attempt(right);
    if (second === decisive) return decisive;
    if (first instanceof CelError) throw first;
    if (second instanceof CelError) throw second;
    if (typeof first !== "boolean" || typeof second !== "boolean") throw noOverload();
    return !decisive;
  }

  #attempt(expression: Expression): CelValue | CelError {
    try {
      return this.value(expression);
    } catch (error) {
      if (error instanceof CelError && !(error instanceof CelCostError)) return error;
      throw error;
    }
  }

  #call({ name, target, args }: Extract<Expression, { is: "call" }>): CelValue {
    const namespaced = target?.is === "name" ? this.#namespaced(target.name, name) : [];
    const isMethod = target !== undefined && namespaced.length === 0;
    const all = isMethod ? [target, ...args] : args;
    const values = all.map((arg) => this.value(arg));
    const full = namespaced[0]?.name ?? (isMethod ? `.${name}` : name);
    this.#budget.spend(actualCallCost(full, values));
    const operator = operatorValue(name, values);
    if (operator !== undefined) return operator;
    const overloads = namespaced.length > 0 ? namespaced : this.#functions.find(name, isMethod);
    const found = overloads.find(
      ({ parameters }) =>
        parameters.length === values.length &&
        parameters.every((type, index) => accepts(type, values[index] ?? null)),
    );
    if (found === undefined) throw noOverload();
    return found.call(values);
  }

  #namespaced(namespace: string, name: string): readonly Overload[] {
    if (this.#scopes.some((scope) => scope.has(namespace))) return [];
    return this.#functions.find(`${namespace}_${name}`, false);
  }

  #comprehension(comprehension: Comprehension): CelValue {
    const { macro, range, vars, body } = comprehension;
    const over = this.value(range);
    if (macro === "optMap" || macro === "optFlatMap") {
      if (!(over instanceof Optional)) throw noOverload();
      if (over.value === undefined) return over;
      const value = this.#within([[vars[0] ?? "", over.value]], body);
      return macro === "optMap" ? new Optional(value) : value;
    }
    const rounds = roundsOf(over, vars.length).map((values) =>
      values.map((value, index) => [vars[index] ?? "", value] as const),
    );
    switch (macro) {
      case "all":
        return this.#quantify(rounds, { body, decisive: false });
      case "exists":
        return this.#quantify(rounds, { body, decisive: true });
      case "existsOne":
        return rounds.filter((round) => this.#test(round, body)).length === 1;
      case "filter":
        return rounds.flatMap((round) => (this.#test(round, body) ? [round[0]?.[1] ?? null] : []));
      case "map":
      case "transformList":
        return this.#kept(rounds, comprehension).map((round) => {
          this.#budget.spend(LIST_COST);
          return this.#within(round, body);
        });
      case "transformMap":
        return literalMap(
          this.#kept(rounds, comprehension).map((round) => [
            round[0]?.[1] ?? null,
            this.#within(round, body),
          ]),
        );
      case "transformMapEntry":
        return literalMap(
          this.#kept(rounds, comprehension).flatMap((round) => {
            const entry = this.#within(round, body);
            if (!isMap(entry)) throw noOverload();
            return entry.keys().map((key) => [key, entry.get(key) ?? null] as const);
          }),
        );
    }
  }

  #kept(rounds: readonly Round[], { filter }: Comprehension): readonly Round[] {
    return filter === undefined ? rounds : rounds.filter((round) => this.#test(round, filter));
  }

  #test(round: Round, body: Expression): boolean {
    this.#budget.spend(2);
    const value = this.#within(round, body);
    if (typeof value !== "boolean") throw noOverload();
    return value;
  }

  #quantify(
    rounds: readonly Round[],
    { body, decisive }: { readonly body: Expression; readonly decisive: boolean },
  ): boolean {
    let failure: CelError | undefined;
    for (const round of rounds) {
      try {
        if (this.#test(round, body) === decisive) return decisive;
      } catch (error) {
        if (!(error instanceof CelError) || error instanceof CelCostError) throw error;
        failure ??= error;
      }
    }
    if (failure) throw failure;
    return !decisive;
  }
}

type Round = readonly (readonly [string, CelValue])[];

function roundsOf(range: CelValue, vars: number): readonly (readonly CelValue[])[] {
  if (isList(range))
    return range.map((value, index) => (vars === 1 ? [value] : [BigInt(index), value]));
  if (!isMap(range)) throw noOverload();
  return range.keys().map((key) => (vars === 1 ? [key] : [key, range.get(key) ?? null]));
}

function fieldOf(container: CelValue, field: string, isLenient: boolean): CelValue | undefined {
  if (isMap(container)) return container.get(field);
  if (isLenient && container === null) return undefined;
  throw noOverload();
}

function literalMap(entries: Iterable<readonly [CelValue, CelValue]>): CelMap {
  try {
    return new LiteralMap(entries);
  } catch (error) {
    if (error instanceof TypeError) throw new CelError(error.message);
    throw error;
  }
}

/** What an element or entry adds: nothing where it is an optional without a value. */
function present(value: CelValue, isOptional: boolean): CelValue[] {
  if (!isOptional) return [value];
  if (!(value instanceof Optional)) throw noOverload();
  return value.value === undefined ? [] : [value.value];
}

function asOptional(value: CelValue | undefined): Optional {
  return value instanceof Optional ? value : new Optional(value);
}

function operatorValue(
  name: string,
  [a = null, b = null]: readonly CelValue[],
): CelValue | undefined {
  switch (name) {
    case "_==_":
      return equals(a, b);
    case "_!=_":
      return !equals(a, b);
    case "_<_":
      return (compare(a, b) ?? 1) < 0;
    case "_<=_":
      return (compare(a, b) ?? 1) <= 0;
    case "_>_":
      return (compare(a, b) ?? -1) > 0;
    case "_>=_":
      return (compare(a, b) ?? -1) >= 0;
    case "_in_":
      return contains(b, a);
    case "!_":
      if (typeof a !== "boolean") throw noOverload();
      return !a;
    case "-_":
      return negate(a);
    case "_+_":
    case "_-_":
    case "_*_":
    case "_/_":
    case "_%_":
      return arithmetic(name, a, b);
    default:
      return undefined;
  }
}

const RUNTIME_NAMES: Readonly<Partial<Record<CelType["is"], string>>> = {
  cidr: "net.CIDR",
  duration: "google.protobuf.Duration",
  format: "kubernetes.NamedFormat",
  ip: "net.IP",
  null: "null_type",
  quantity: "kubernetes.Quantity",
  semver: "kubernetes.Semver",
  timestamp: "google.protobuf.Timestamp",
  url: "kubernetes.URL",
};

/** True where a value may be given for a parameter of that type. */
function accepts(type: CelType, value: CelValue): boolean {
  if (type.is === "dyn" || type.is === "parameter") return true;
  if (type.is === "list")
    return isList(value) && value.every((element) => accepts(type.of, element));
  if (type.is === "map" || type.is === "object") return isMap(value);
  if (type.is === "optional") return value instanceof Optional;
  if (type.is === "opaque") return value instanceof Opaque && value.kind === type.name;
  return runtimeName(value) === (RUNTIME_NAMES[type.is] ?? type.is);
}
