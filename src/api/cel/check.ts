import { type Comprehension, type Expression, qualifiedName } from "./ast.ts";
import { formatFaults } from "./check-formats.ts";
import { comprehensionType, rangeTypes } from "./comprehension-types.ts";
import { CelCompileError, type CelFault } from "./errors.ts";
import type { Functions, Overload } from "./functions.ts";
import { literalFault } from "./literals.ts";
import { isNumeric, operatorType } from "./operator-types.ts";
import { isQualifiedType, isTypeName } from "./type-names.ts";
import {
  BOOL,
  type CelType,
  commonType,
  DYN,
  INT,
  isAssignable,
  listOf,
  mapOf,
  optionalOf,
  STRING,
  substitute,
  typeName,
} from "./types.ts";
import { type CelValue, Uint } from "./values.ts";

/** The types that an environment can make values of, by their names: the types of their fields, or none. */
export type StructTypes = (
  typeName: string,
) => ((field: string) => CelType | undefined) | undefined;

export interface Declarations {
  readonly functions: Functions;
  readonly structs: StructTypes;
  readonly variables: ReadonlyMap<string, CelType>;
}

/** An expression that makes sense. */
export interface Checked {
  readonly expression: Expression;
  /** Of the whole, and of every part. */
  readonly type: CelType;
  readonly types: ReadonlyMap<Expression, CelType>;
  /** Calls of functions whose names have a dot, and those names: `ip_isCanonical`. */
  readonly namespaced: ReadonlyMap<Expression, string>;
}

/** Finds the types of an expression. @throws CelCompileError */
export function checkExpression(
  expression: Expression,
  declarations: Declarations,
  source: string,
): Checked {
  const checker = new Checker(declarations);
  const type = checker.check(expression);
  const ofLiterals = [...checker.literalFaults, ...formatFaults(checker.types)];
  const faults = checker.faults.length > 0 ? checker.faults : ofLiterals;
  if (faults.length > 0) throw new CelCompileError(source, faults);
  return { expression, type, types: checker.types, namespaced: checker.namespaced };
}

type Call = Extract<Expression, { is: "call" }>;

class Checker {
  readonly #functions: Functions;
  readonly #structs: StructTypes;
  readonly #scopes: ReadonlyMap<string, CelType>[];
  /** Within the arguments of `format`. */
  #mayMix = false;
  /** What is wrong; the type of what is wrong is any. */
  readonly faults: CelFault[] = [];
  /** What is wrong with literals, which is only told where nothing else is. */
  readonly literalFaults: CelFault[] = [];
  readonly types = new Map<Expression, CelType>();
  readonly namespaced = new Map<Expression, string>();

  constructor({ functions, variables, structs }: Declarations) {
    this.#functions = functions;
    this.#structs = structs;
    this.#scopes = [variables];
  }

  check(expression: Expression): CelType {
    const type = this.#typeOf(expression);
    this.types.set(expression, type);
    return type;
  }

  #typeOf(expression: Expression): CelType {
    switch (expression.is) {
      case "literal":
        return typeOfLiteral(expression.value);
      case "name":
        return this.#name(expression.name, expression.at);
      case "select":
        return this.#select(expression);
      case "index":
        return this.#index(expression);
      case "call":
        return this.#call(expression);
      case "and":
      case "or":
        this.#bool(expression.left);
        this.#bool(expression.right);
        return BOOL;
      case "conditional": {
        const { condition, then, otherwise, at } = expression;
        const types = [condition, then, otherwise].map((one) => this.check(one));
        const isBool = types[0]?.is === "bool" || types[0]?.is === "dyn";
        if (!isBool) return this.#noOverload("_?_:_", types, at);
        return this.#joined("_?_:_", { types, at });
      }
      case "list": {
        const types = expression.elements.map(({ value, isOptional }) =>
          unwrapped(this.check(value), isOptional),
        );
        return listOf(this.#alike(types, expression.elements));
      }
      case "map": {
        const keys = expression.entries.map(({ key }) => this.check(key));
        const values = expression.entries.map(({ value, isOptional }) =>
          unwrapped(this.check(value), isOptional),
        );
        const { entries } = expression;
        const places = entries.map(({ key }) => ({ value: key }));
        return mapOf(this.#alike(keys, places), this.#alike(values, entries));
      }
      case "struct":
        return this.#struct(expression);
      case "comprehension":
        return this.#comprehension(expression);
    }
  }

  #struct({ typeName: name, fields, at }: Extract<Expression, { is: "struct" }>): CelType {
    const fieldType = this.#structs(name);
    if (fieldType === undefined)
      return this.#error(`undeclared reference to '${name}' (in container '')`, at);
    for (const field of fields) {
      const wanted = fieldType(field.name);
      const given = unwrapped(this.check(field.value), field.isOptional);
      if (wanted === undefined) this.#error(`undefined field '${field.name}'`, field.value.at);
      else if (!isAssignable(wanted, given, new Map()))
        this.#error(
          `expected type of field '${field.name}' is '${typeName(wanted)}' but provided type is '${typeName(given)}'`,
          field.value.at,
        );
    }
    return { is: "opaque", name };
  }

  #error(problem: string, at: number): CelType {
    this.faults.push({ problem, at });
    return DYN;
  }

  #noOverload(name: string, types: readonly CelType[], at: number): CelType {
    return this.#error(
      `found no matching overload for '${name}' applied to '(${types.map(typeName).join(", ")})'`,
      at,
    );
  }

  /** The one type that the parts of a literal have; Kubernetes allows no mixture. */
  #alike(types: readonly CelType[], parts: readonly { readonly value: Expression }[]): CelType {
    if (this.#mayMix) return types.length === 0 ? DYN : types.reduce(commonType);
    let joined = types[0] ?? DYN;
    for (const [index, type] of types.entries()) {
      const next = commonType(joined, type);
      if (next.is === "dyn" && joined.is !== "dyn" && type.is !== "dyn") {
        const problem = `expected type '${typeName(joined)}' but found '${typeName(type)}'`;
        this.literalFaults.push({ problem, at: parts[index]?.value.at ?? 0 });
        return DYN;
      }
      joined = next;
    }
    return joined;
  }

  #within(bindings: readonly (readonly [string, CelType])[], body: Expression): CelType {
    this.#scopes.push(new Map(bindings));
    const type = this.check(body);
    this.#scopes.pop();
    return type;
  }

  #bool(expression: Expression): CelType {
    const type = this.check(expression);
    if (type.is === "bool" || type.is === "dyn") return type;
    return this.#error(`expected type 'bool' but found '${typeName(type)}'`, expression.at);
  }

  #joined(
    name: string,
    { types, at }: { readonly types: readonly CelType[]; readonly at: number },
  ): CelType {
    const [a = DYN, b = DYN] = types.slice(-2);
    const joined = commonType(a, b);
    if (joined.is === "dyn" && a.is !== "dyn" && b.is !== "dyn")
      return this.#noOverload(name, types, at);
    return joined;
  }

  #name(name: string, at: number): CelType {
    const found = this.#scopes.findLast((scope) => scope.has(name))?.get(name);
    if (found) return found;
    if (isTypeName(name)) return { is: "type" };
    return this.#error(`undeclared reference to '${name}' (in container '')`, at);
  }

  #select(expression: Extract<Expression, { is: "select" }>): CelType {
    const { operand, field, at, isTest, isOptional } = expression;
    const qualified = qualifiedName(expression);
    if (qualified && isQualifiedType(qualified)) return { is: "type" };
    const variable = qualified && this.#scopes[0]?.get(qualified);
    if (variable) return variable;
    const operandType = this.check(operand);
    const inside = operandType.is === "optional" ? operandType.of : operandType;
    const type = this.#fieldType(inside, field, at);
    if (isTest) return BOOL;
    return isOptional || operandType.is === "optional" ? optionalOf(unwrapped(type, true)) : type;
  }

  #fieldType(type: CelType, field: string, at: number): CelType {
    if (type.is === "dyn") return DYN;
    if (type.is === "map") return type.value;
    // Nothing is known of what a type brings that only has methods.
    if (type.is === "opaque")
      return this.#error(`unexpected failed resolution of '${type.name}'`, at);
    if (type.is !== "object")
      return this.#error(`type '${typeName(type)}' does not support field selection`, at);
    const found = type.fields.get(field);
    if (!found) return this.#error(`undefined field '${field}'`, at);
    return found.type;
  }

  #index({ operand, index, at, isOptional }: Extract<Expression, { is: "index" }>): CelType {
    const operandType = this.check(operand);
    const indexType = this.check(index);
    const inside = operandType.is === "optional" ? operandType.of : operandType;
    const type = elementOf(inside, indexType);
    if (type === undefined)
      return this.#noOverload(isOptional ? "_[?_]" : "_[_]", [operandType, indexType], at);
    return isOptional || operandType.is === "optional" ? optionalOf(unwrapped(type, true)) : type;
  }

  #call(call: Call): CelType {
    const { name, target, args, at } = call;
    const operator = this.#operator(call);
    if (operator) return operator;
    const namespaced = this.#namespaced(call);
    if (namespaced !== undefined) this.namespaced.set(call, namespaced);
    const isNamespaced = namespaced !== undefined;
    const all = target === undefined || isNamespaced ? args : [target, ...args];
    const types = this.#arguments(all, name === "format" && target !== undefined);
    const fullName = namespaced ?? name;
    const overloads = this.#functions.find(fullName, target !== undefined && !isNamespaced);
    if (overloads.length === 0)
      return this.#error(`undeclared reference to '${fullName}' (in container '')`, at);
    const results = overloads.flatMap((overload) => this.#result(call, { overload, types }) ?? []);
    if (results.length > 0) return results.reduce(commonType);
    const shown = types.map(typeName);
    const text =
      target === undefined || isNamespaced
        ? `(${shown.join(", ")})`
        : `${shown[0]}.(${shown.slice(1).join(", ")})`;
    return this.#error(`found no matching overload for '${fullName}' applied to '${text}'`, at);
  }

  /** What a call answers by one overload; undefined where its arguments are others. */
  #result(
    call: Call,
    { overload, types }: { readonly overload: Overload; readonly types: readonly CelType[] },
  ): CelType | undefined {
    const { parameters, result } = overload;
    const bindings = new Map<string, CelType>();
    const fits =
      parameters.length === types.length &&
      parameters.every((wanted, at) => isAssignable(wanted, types[at] ?? DYN, bindings));
    if (!fits) return undefined;
    const fault = literalFault(call, overload);
    if (fault) this.literalFaults.push(fault);
    return substitute(result, bindings);
  }

  #arguments(args: readonly Expression[], mayMix: boolean): CelType[] {
    const outer = this.#mayMix;
    this.#mayMix ||= mayMix;
    const types = args.map((arg) => this.check(arg));
    this.#mayMix = outer;
    return types;
  }

  /** `optional.of`, `ip.isCanonical`: a function whose name has a dot. */
  #namespaced({ name, target }: Call): string | undefined {
    if (target?.is !== "name") return undefined;
    if (this.#scopes.some((scope) => scope.has(target.name))) return undefined;
    const full = `${target.name}_${name}`;
    return this.#functions.find(full, false).length > 0 ? full : undefined;
  }

  #operator({ name, args, at }: Call): CelType | undefined {
    if (!/^(?:_\W+_|_in_|[!-]_)$/.test(name)) return undefined;
    const types = args.map((arg) => this.check(arg));
    const [a = DYN, b = DYN] = types;
    const shown = name === "_in_" ? "@in" : name === "-_" ? "-_" : name;
    const fits = operatorType(name, a, b);
    if (fits) return fits;
    return this.#noOverload(shown, types, at);
  }

  #comprehension({ macro, range, vars, filter, body }: Comprehension): CelType {
    const rangeType = this.check(range);
    if (macro === "optMap" || macro === "optFlatMap") {
      const inside = rangeType.is === "optional" ? rangeType.of : DYN;
      const type = this.#within([[vars[0] ?? "", inside]], body);
      return macro === "optMap" ? optionalOf(type) : type;
    }
    const [first, second] = rangeTypes(rangeType, vars.length);
    if (first === undefined || second === undefined)
      return this.#error(
        `expression of type '${typeName(rangeType)}' cannot be range of a comprehension (must be list, map, or dynamic)`,
        range.at,
      );
    const [a = "", b] = vars;
    const bindings =
      b === undefined ? [[a, first] as const] : [[a, first] as const, [b, second] as const];
    this.#scopes.push(new Map(bindings));
    if (filter) this.#bool(filter);
    const isTest = ["all", "exists", "existsOne", "filter"].includes(macro);
    const type = isTest ? this.#bool(body) : this.check(body);
    this.#scopes.pop();
    return comprehensionType(macro, { body: type, element: first });
  }
}

function elementOf(type: CelType, index: CelType): CelType | undefined {
  const isNumber = isNumeric(index);
  if (type.is === "dyn") return DYN;
  if (type.is === "list") return isNumber || index.is === "dyn" ? type.of : undefined;
  if (type.is === "map") return isAssignable(type.key, index, new Map()) ? type.value : undefined;
  return undefined;
}

function unwrapped(type: CelType, isOptional: boolean): CelType {
  return isOptional && type.is === "optional" ? type.of : type;
}

function typeOfLiteral(value: CelValue): CelType {
  if (value === null) return { is: "null" };
  if (typeof value === "bigint") return INT;
  if (typeof value === "string") return STRING;
  if (typeof value === "boolean") return BOOL;
  if (value instanceof Uint) return { is: "uint" };
  return { is: typeof value === "number" ? "double" : "bytes" };
}
