import { type Expression, qualifiedName } from "./ast.ts";
import type { Budget } from "./budget.ts";
import { Comprehensions } from "./comprehensions.ts";
import { actualCallCost } from "./cost/actual-cost.ts";
import { LIST_COST, MAP_COST, STRUCT_COST } from "./cost/cost-rule.ts";
import { CelCostError, CelError, noKey, noOverload } from "./errors.ts";
import type { Functions, Overload } from "./functions.ts";
import { literalMap } from "./literal-map.ts";
import { applied } from "./operands.ts";
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
import { isTypeName, valueName } from "./type-names.ts";
import type { CelType } from "./types.ts";
import {
  type CelValue,
  isList,
  isMap,
  Opaque,
  Optional,
  StructValue,
  TypeValue,
  Uint,
} from "./values.ts";

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
  readonly #comprehensions: Comprehensions;

  constructor({ functions, bindings, budget }: Run) {
    this.#functions = functions;
    this.#budget = budget;
    this.#scopes = [bindings];
    this.#comprehensions = new Comprehensions({
      budget,
      value: (expression) => this.value(expression),
      within: (names, body) => this.#within(names, body),
    });
  }

  value(expression: Expression): CelValue {
    switch (expression.is) {
      case "literal":
        return expression.value;
      case "name":
        return this.#name(expression.name);
      case "select":
        return this.#select(expression);
      case "index":
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
        return this.#branch(condition ? expression.then : expression.otherwise);
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
        return this.#comprehensions.value(expression);
    }
  }

  #name(name: string): CelValue {
    const found = this.#scopes.findLast((scope) => scope.has(name))?.get(name);
    if (found !== undefined) {
      this.#budget.spend(1);
      return found;
    }
    if (isTypeName(name)) return new TypeValue(valueName(name));
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
    if (qualified !== undefined && isTypeName(qualified))
      return new TypeValue(valueName(qualified));
    const variable = qualified === undefined ? undefined : this.#scopes[0]?.get(qualified);
    if (variable !== undefined) {
      this.#budget.spend(2);
      return variable;
    }
    const found = this.#container(operand);
    const container = found instanceof Optional ? found.value : found;
    const value = container === undefined ? undefined : fieldOf(container, field);
    // To ask whether a field is there is free in Kubernetes.
    if (isTest) return value !== undefined;
    if (value !== undefined) this.#budget.spend(1);
    if (isOptional || found instanceof Optional) return asOptional(value);
    if (value === undefined) throw noKey(field);
    return value;
  }

  /** What a field or element is taken of; what is not a path of names is a path of its own to cel-go. */
  #container(operand: Expression): CelValue {
    const value = this.value(operand);
    if (!isPath(operand) && operand.is !== "conditional") this.#budget.spend(1);
    return value;
  }

  /**
   * A path that a conditional leads to, or that says which element is meant, costs a step less:
   * cel-go's tracker does not see it begin.
   */
  #branch(expression: Expression): CelValue {
    const value = this.value(expression);
    if (isPath(expression)) this.#budget.spend(-1);
    return value;
  }

  #index({ operand, index, isOptional }: Extract<Expression, { is: "index" }>): CelValue {
    const found = this.#container(operand);
    const key = this.#branch(index);
    const container = found instanceof Optional ? found.value : found;
    const value = container === undefined ? undefined : elementAt(container, key);
    if (value !== undefined) this.#budget.spend(1);
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
    if (isMethod && isAlternative(name)) return this.#alternative(name, all);
    const values = this.#arguments(all);
    const full = namespaced[0]?.name ?? (isMethod ? `.${name}` : name);
    if (name !== "@in" || !isPlainList(args[1])) this.#budget.spend(actualCallCost(full, values));
    const operator = applied(name, values[0], () => operatorValue(name, values));
    if (operator !== undefined) return operator;
    const overloads = namespaced.length > 0 ? namespaced : this.#functions.find(name, isMethod);
    const found = overloads.find(
      ({ parameters }) =>
        parameters.length === values.length &&
        parameters.every((type, index) => accepts(type, values[index] ?? null)),
    );
    if (found === undefined) {
      const shown = namespaced[0]?.name.replace("_", ".") ?? name;
      throw noOverload(`${shown}(${values.map(runtimeName).join(", ")})`);
    }
    return found.call(values);
  }

  /** All are evaluated, and the call costs a step, though one of them has no value. */
  #arguments(all: readonly Expression[]): readonly CelValue[] {
    const values: CelValue[] = [];
    let failure: CelError | undefined;
    for (const argument of all) {
      const found = this.#attempt(argument);
      if (found instanceof CelError) failure ??= found;
      else values.push(found);
    }
    if (failure === undefined) return values;
    this.#budget.spend(1);
    throw failure;
  }

  /** The other value is looked at only where it is needed, and to choose is free. */
  #alternative(name: string, [first, other]: readonly Expression[]): CelValue {
    const optional = first && this.value(first);
    if (!(optional instanceof Optional) || other === undefined) throw noOverload();
    if (optional.value === undefined) return this.value(other);
    return name === "or" ? optional : optional.value;
  }

  #namespaced(namespace: string, name: string): readonly Overload[] {
    if (this.#scopes.some((scope) => scope.has(namespace))) return [];
    return this.#functions.find(`${namespace}_${name}`, false);
  }
}

/** What cel-go takes for one path of names, fields and elements. */
const isPath = (expression: Expression): boolean =>
  expression.is === "name" ||
  expression.is === "index" ||
  (expression.is === "select" && !expression.isTest);

const isAlternative = (name: string): boolean => name === "or" || name === "orValue";

/** A constant list of plain values, in which cel-go finds one without looking through it. */
const isPlainList = (list: Expression | undefined): boolean =>
  list?.is === "literal" &&
  list.value !== null &&
  typeof list.value === "object" &&
  isList(list.value) &&
  list.value.every((one) => one === null || typeof one !== "object" || one instanceof Uint);

/** What has no fields has not that one either. */
function fieldOf(container: CelValue, field: string): CelValue | undefined {
  if (isMap(container)) return container.get(field);
  return isList(container) ? elementAt(container, field) : undefined;
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
    case "@in":
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
  // cel-go looks at the first element alone.
  if (type.is === "list")
    return isList(value) && value.slice(0, 1).every((element) => accepts(type.of, element));
  if (type.is === "map" || type.is === "object") return isMap(value);
  if (type.is === "optional") return value instanceof Optional;
  if (type.is === "opaque") return value instanceof Opaque && value.kind === type.name;
  return runtimeName(value) === (RUNTIME_NAMES[type.is] ?? type.is);
}
