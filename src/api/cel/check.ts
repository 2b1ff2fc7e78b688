import { type Comprehension, type Expression, qualifiedName } from "./ast.ts";
import { CelCompileError, type CelFault } from "./compile-error.ts";
import { binding, expandLoop, type Fold } from "./expand.ts";
import type { Functions, Signature } from "./functions.ts";
import { operatorForms } from "./operator-types.ts";
import { namedType } from "./type-names.ts";
import {
  BOOL,
  type CelType,
  DYN,
  INT,
  isSame,
  listOf,
  mapOf,
  optionalOf,
  outerName,
  STRING,
  typeName,
} from "./types.ts";
import { moreGeneral, Unifier } from "./unify.ts";
import { literalFaults } from "./validate-literals.ts";
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

/** Finds the types of an expression as cel-go does. @throws CelCompileError */
export function checkExpression(
  expression: Expression,
  declarations: Declarations,
  source: string,
): Checked {
  const checker = new Checker(declarations, STEPS + STEPS_PER_CHARACTER * source.length);
  const raw = checker.check(expression);
  if (checker.faults.length > 0) throw new CelCompileError(source, checker.faults);
  const { namespaced, types, unifier } = checker;
  for (const [part, type] of types) types.set(part, unifier.final(type));
  const faults = literalFaults(expression, { types, functions: declarations.functions });
  if (faults.length > 0) throw new CelCompileError(source, faults);
  return { expression, type: unifier.final(raw), types, namespaced };
}

const ERROR: CelType = { is: "error" };

/**
 * Bounds that cel-go lacks: a chain of `optMap` means twice as much with each of its links, and so
 * may a type. What is written by hand is far below them.
 */
const STEPS = 10_000;
const STEPS_PER_CHARACTER = 10;
const MAX_TYPE_PARTS = 1_000;

/** Types that have fields, were they known. */
const STRUCTS: readonly CelType["is"][] = ["format", "opaque", "quantity", "semver", "url"];

type Call = Extract<Expression, { is: "call" }>;

/** What a function is applied to. */
interface Application {
  /** As messages have it. */
  readonly name: string;
  readonly types: readonly CelType[];
  readonly at: number;
  readonly isMethod: boolean;
}

class Checker {
  readonly #functions: Functions;
  readonly #structs: StructTypes;
  readonly #scopes: ReadonlyMap<string, CelType>[];
  readonly unifier = new Unifier();
  /** What is wrong; the type of what is wrong is an error. */
  readonly faults: CelFault[] = [];
  readonly types = new Map<Expression, CelType>();
  readonly namespaced = new Map<Expression, string>();
  #stepsLeft: number;

  /** `steps`: so many expressions may be looked at, those included that macros stand for. */
  constructor({ functions, variables, structs }: Declarations, steps: number) {
    this.#stepsLeft = steps;
    this.#functions = functions;
    this.#structs = structs;
    this.#scopes = [variables];
  }

  check(expression: Expression): CelType {
    if (this.#stepsLeft === 0) return ERROR;
    this.#stepsLeft -= 1;
    const type = this.#typeOf(expression);
    if (this.#stepsLeft === 0 || this.unifier.isMadeOfMore(type, MAX_TYPE_PARTS))
      return this.#giveUp(expression);
    this.types.set(expression, type);
    return type;
  }

  /** Says no more than that, and looks at nothing else. */
  #giveUp({ at }: Expression): CelType {
    this.#stepsLeft = 0;
    this.faults.splice(0, this.faults.length, { problem: "expression is too complex", at });
    return ERROR;
  }

  #typeOf(expression: Expression): CelType {
    switch (expression.is) {
      case "literal":
        return typeOfLiteral(expression.value);
      case "name": {
        const { name, at } = expression;
        return this.#declared(name) ?? this.#undeclared(written(name, expression), at);
      }
      case "select":
        return this.#select(expression);
      case "index": {
        const { operand, index, at, isOptional } = expression;
        const types = [this.check(operand), this.check(index)];
        return this.#operator({ name: isOptional ? "_[?_]" : "_[_]", types, at });
      }
      case "call":
        return this.#call(expression);
      case "and":
      case "or":
        return this.#logical(expression);
      case "conditional": {
        const { condition, then, otherwise, at } = expression;
        const types = [condition, then, otherwise].map((one) => this.check(one));
        return this.#operator({ name: "_?_:_", types, at });
      }
      case "list":
        return listOf(this.#joined(expression.elements.map((one) => () => this.#item(one))));
      case "map":
        return this.#map(expression);
      case "struct":
        return this.#struct(expression);
      case "comprehension": {
        const isOptional = expression.macro === "optMap" || expression.macro === "optFlatMap";
        return isOptional ? this.#optional(expression) : this.#fold(expandLoop(expression));
      }
    }
  }

  #fault(problem: string, at: number): CelType {
    this.faults.push({ problem, at });
    return ERROR;
  }

  #undeclared(name: string, at: number): CelType {
    return this.#fault(`undeclared reference to '${name}' (in container '')`, at);
  }

  #mismatch([expected, found]: readonly [CelType, CelType], at: number): CelType {
    const problem = `expected type '${typeName(expected)}' but found '${typeName(found)}'`;
    return this.#fault(problem, at);
  }

  /** The type of a variable; or the type of a type, which its name means. */
  #declared(name: string): CelType | undefined {
    const variable = this.#scopes.findLast((scope) => scope.has(name))?.get(name);
    if (variable) return variable;
    const isStruct = this.#structs(name) !== undefined;
    const of: CelType | undefined = isStruct ? { is: "opaque", name } : namedType(name);
    return of && { is: "type", of };
  }

  #logical({ left, right }: Extract<Expression, { is: "and" | "or" }>): CelType {
    const types = [left, right].map((one) => [one, this.check(one)] as const);
    const wrong = types.filter(([, type]) => !this.unifier.fits([type], [BOOL]));
    for (const [{ at }, type] of wrong) this.#mismatch([BOOL, type], at);
    return wrong.length > 0 ? ERROR : BOOL;
  }

  #map({ entries }: Extract<Expression, { is: "map" }>): CelType {
    let types: readonly [CelType, CelType] | undefined;
    for (const { key, value, isOptional } of entries) {
      const keyType = this.check(key);
      const valueType = this.#item({ value, isOptional });
      types = types
        ? [this.#common(types[0], keyType), this.#common(types[1], valueType)]
        : [keyType, valueType];
    }
    const [key, value] = types ?? [this.unifier.fresh(), this.unifier.fresh()];
    return mapOf(key, value);
  }

  /** One type for what is checked one after the other; a placeholder for nothing. */
  #joined(checks: readonly (() => CelType)[]): CelType {
    let joined: CelType | undefined;
    for (const check of checks) {
      const type = check();
      joined = joined ? this.#common(joined, type) : type;
    }
    return joined ?? this.unifier.fresh();
  }

  #common(a: CelType, b: CelType): CelType {
    return this.unifier.fits([a], [b]) ? moreGeneral(a, b) : DYN;
  }

  /** What an element or entry adds, which is optional. */
  #item({
    value,
    isOptional,
  }: {
    readonly value: Expression;
    readonly isOptional: boolean;
  }): CelType {
    const type = this.check(value);
    if (!isOptional) return type;
    if (type.is === "optional") return type.of;
    if (type.is !== "dyn") this.#mismatch([optionalOf(type), type], value.at);
    return type;
  }

  #struct(expression: Extract<Expression, { is: "struct" }>): CelType {
    const { typeName: name, fields, at } = expression;
    const declared = this.#declared(name);
    if (declared === undefined) return this.#undeclared(written(name, expression), at);
    const isType = declared.is === "type" && declared.of !== undefined;
    const isStruct = this.#structs(name) !== undefined;
    if (!isType) this.#fault(`'${outerName(declared)}' is not a type`, at);
    else if (!isStruct) this.#fault(`'${outerName(declared.of)}' is not a message type`, at);
    for (const field of fields) {
      const given = this.#item(field);
      const wanted = this.#structField(name, field.name, field.at);
      if (this.unifier.fits([wanted], [given])) continue;
      const problem = `expected type of field '${field.name}' is '${typeName(wanted)}' but provided type is '${typeName(given)}'`;
      this.#fault(problem, field.at);
    }
    return isStruct ? { is: "opaque", name } : ERROR;
  }

  #structField(struct: string, field: string, at: number): CelType {
    const fieldType = this.#structs(struct);
    if (!fieldType) return this.#fault(`unexpected failed resolution of '${struct}'`, at);
    return fieldType(field) ?? this.#fault(`undefined field '${field}'`, at);
  }

  #select(expression: Extract<Expression, { is: "select" }>): CelType {
    const { operand, field, at, isTest, isOptional } = expression;
    const qualified = qualifiedName(expression);
    const declared = qualified === undefined ? undefined : this.#declared(qualified);
    if (declared) return declared;
    const type = this.unifier.resolved(this.check(operand));
    const isWithin = type.is === "optional";
    const found = this.#field(isWithin ? type.of : type, field, at);
    if (isTest) return BOOL;
    return this.unifier.resolved(isOptional || isWithin ? optionalOf(found) : found);
  }

  #field(type: CelType, field: string, at: number): CelType {
    if (type.is === "map") return type.value;
    if (type.is === "object")
      return type.fields.get(field)?.type ?? this.#fault(`undefined field '${field}'`, at);
    if (STRUCTS.includes(type.is)) return this.#structField(typeName(type), field, at);
    if (this.#isAny(type)) return DYN;
    this.#fault(`type '${typeName(type)}' does not support field selection`, at);
    return DYN;
  }

  /** True for what may be of any type; a placeholder then stands for that. */
  #isAny(type: CelType): boolean {
    if (type.is === "parameter") this.unifier.fits([DYN], [type]);
    return ["dyn", "error", "parameter"].includes(type.is);
  }

  #call(call: Call): CelType {
    const { name, target, args, at } = call;
    const given = args.map((arg) => this.check(arg));
    const forms = operatorForms(name);
    if (forms && target === undefined) return this.#operator({ name, types: given, at });
    if (target === undefined) {
      const isKnown = !name.includes("_") && this.#isFunction(name);
      if (!isKnown) return this.#undeclared(written(name, call), at);
      return this.#apply(name, { name, types: given, at, isMethod: false });
    }
    const namespaced = this.#namespaced(call);
    if (namespaced !== undefined) {
      this.namespaced.set(call, namespaced);
      const shown = namespaced.replace("_", ".");
      return this.#apply(namespaced, { name: shown, types: given, at, isMethod: false });
    }
    const types = [this.check(target), ...given];
    if (forms) return this.#resolve(forms, { name, types, at, isMethod: true });
    if (!this.#isFunction(name)) return this.#undeclared(name, at);
    return this.#apply(name, { name, types, at, isMethod: true });
  }

  #isFunction(name: string): boolean {
    return [true, false].some((isMethod) => this.#functions.find(name, isMethod).length > 0);
  }

  /** `optional.of`, `ip.isCanonical`: a function whose name has a dot. */
  #namespaced({ name, target }: Call): string | undefined {
    if (target?.is !== "name") return undefined;
    const full = `${target.name}_${name}`;
    return this.#functions.find(full, false).length > 0 ? full : undefined;
  }

  #apply(name: string, application: Application): CelType {
    return this.#resolve(this.#functions.find(name, application.isMethod), application);
  }

  #operator({ name, types, at }: Omit<Application, "isMethod">): CelType {
    return this.#resolve(operatorForms(name) ?? [], { name, types, at, isMethod: false });
  }

  /** What a function answers: all forms that fit are possible, and must answer the same, or anything may come. */
  #resolve(forms: readonly Signature[], { name, types, at, isMethod }: Application): CelType {
    let answer: CelType | undefined;
    for (const form of forms) {
      const { parameters, result } = form.isGeneric ? this.unifier.instance(form) : form;
      if (!this.unifier.fits(types, parameters)) continue;
      const found = this.unifier.resolved(result);
      if (answer === undefined) answer = found;
      else if (answer.is !== "dyn" && !isSame(answer, found)) answer = DYN;
    }
    if (answer) return answer;
    const [first = "", ...others] = types.map((type) => typeName(this.unifier.final(type)));
    const shown = isMethod
      ? `${first}.(${others.join(", ")})`
      : `(${types.length === 0 ? "" : [first, ...others].join(", ")})`;
    return this.#fault(`found no matching overload for '${name}' applied to '${shown}'`, at);
  }

  /** `x.optMap(v, body)` is `x.hasValue() ? optional.of(body) : optional.none()`, `v` as `x.value()`. */
  #optional({ macro, range, vars, body, at }: Comprehension): CelType {
    const of = (name: string, ...types: readonly CelType[]): CelType =>
      this.#apply(`optional_${name}`, { name: `optional.${name}`, types, at, isMethod: false });
    const types = [this.check(range)];
    const test = this.#apply("hasValue", { name: "hasValue", types, at, isMethod: true });
    const value: Expression = { is: "call", at, name: "value", target: range, args: [] };
    const bound = this.#fold(binding({ at, name: vars[0] ?? "", value, result: body }));
    const then = macro === "optMap" ? of("of", bound) : bound;
    return this.#operator({ name: "_?_:_", types: [test, then, of("none")], at });
  }

  #fold({ range, vars, accumulator, initial, step, result }: Fold): CelType {
    const over = this.check(range);
    const accumulated = this.check(initial);
    this.#scopes.push(new Map([[accumulator, accumulated]]));
    const types = this.#elements(this.unifier.resolved(over), { vars: vars.length, at: range.at });
    this.#scopes.push(new Map(vars.map((name, index) => [name, types[index] ?? ERROR])));
    const next = this.check(step);
    if (!this.unifier.fits([accumulated], [next])) this.#mismatch([accumulated, next], step.at);
    this.#scopes.pop();
    const type = this.check(result);
    this.#scopes.pop();
    return this.unifier.resolved(type);
  }

  /** The types of a loop's variables: elements; or keys; or indexes and elements; or keys and values. */
  #elements(
    range: CelType,
    { vars, at }: { readonly vars: number; readonly at: number },
  ): readonly CelType[] {
    if (range.is === "list") return vars === 1 ? [range.of] : [INT, range.of];
    if (range.is === "map") return [range.key, range.value];
    if (this.#isAny(range)) return [DYN, DYN];
    const problem = `expression of type '${typeName(range)}' cannot be range of a comprehension (must be list, map, or dynamic)`;
    this.#fault(problem, at);
    return [];
  }
}

const written = (name: string, { isRooted }: { readonly isRooted?: true }): string =>
  isRooted ? `.${name}` : name;

function typeOfLiteral(value: CelValue): CelType {
  if (value === null) return { is: "null" };
  if (typeof value === "bigint") return INT;
  if (typeof value === "string") return STRING;
  if (typeof value === "boolean") return BOOL;
  if (value instanceof Uint) return { is: "uint" };
  return { is: typeof value === "number" ? "double" : "bytes" };
}
