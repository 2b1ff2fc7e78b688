import {
  type Expression,
  type Macro,
  type MapEntry,
  qualifiedName,
  type StructField,
} from "./ast.ts";
import { CelCompileError } from "./errors.ts";
import { type Token, tokenize } from "./lexer.ts";

const RESERVED = new Set([
  "as",
  "break",
  "const",
  "continue",
  "else",
  "for",
  "function",
  "if",
  "import",
  "let",
  "loop",
  "package",
  "namespace",
  "return",
  "var",
  "void",
  "while",
]);

const BINARY: readonly (readonly string[])[] = [
  ["<", "<=", ">=", ">", "==", "!=", "in"],
  ["+", "-"],
  ["*", "/", "%"],
];

/** Behind these comes any operand there is; of `-` it depends on what stands before it. */
const OPERAND_FOLLOWS = new Set(["?", ":", "&&", "||", "+", "*", "/", "%", ...(BINARY[0] ?? [])]);
const OPERAND =
  "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}";

const MAX_DEPTH = 250;

/** @throws CelCompileError */
export function parse(source: string): Expression {
  return new Parser(source).parse();
}

class Parser {
  readonly #source: string;
  readonly #tokens: readonly Token[];
  #index = 0;
  #depth = 0;

  constructor(source: string) {
    this.#source = source;
    this.#tokens = tokenize(source);
  }

  parse(): Expression {
    const expression = this.#conditional();
    const { kind, text, at } = this.#peek();
    if (kind !== "end")
      throw this.#error(`Syntax error: mismatched input '${text}' expecting <EOF>`, at);
    return expression;
  }

  #peek(): Token {
    return this.#tokens[Math.min(this.#index, this.#tokens.length - 1)] as Token;
  }

  #next(): Token {
    const token = this.#peek();
    this.#index += 1;
    return token;
  }

  #error(problem: string, at: number): CelCompileError {
    return new CelCompileError(problem, { source: this.#source, at });
  }

  #accept(text: string): Token | undefined {
    const token = this.#peek();
    const isIt = token.text === text && (token.kind === "operator" || text === "in");
    if (!isIt) return undefined;
    this.#index += 1;
    return token;
  }

  #expect(text: string): Token {
    const token = this.#accept(text);
    if (token) return token;
    const found = this.#peek();
    throw this.#error(
      `Syntax error: mismatched input '${found.text}' expecting '${text}'`,
      found.at,
    );
  }

  #conditional(): Expression {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH)
      throw this.#error("expression recursion limit exceeded: 250", this.#peek().at);
    const condition = this.#or();
    const mark = this.#accept("?");
    if (!mark) {
      this.#depth -= 1;
      return condition;
    }
    const then = this.#or();
    this.#expect(":");
    const otherwise = this.#conditional();
    this.#depth -= 1;
    return { is: "conditional", at: mark.at, condition, then, otherwise };
  }

  #or(): Expression {
    let left = this.#and();
    for (let mark = this.#accept("||"); mark; mark = this.#accept("||"))
      left = { is: "or", at: mark.at, left, right: this.#and() };
    return left;
  }

  #and(): Expression {
    let left = this.#binary(0);
    for (let mark = this.#accept("&&"); mark; mark = this.#accept("&&"))
      left = { is: "and", at: mark.at, left, right: this.#binary(0) };
    return left;
  }

  #binary(level: number): Expression {
    const operators = BINARY[level];
    if (operators === undefined) return this.#unary();
    let left = this.#binary(level + 1);
    for (;;) {
      const mark = operators.map((text) => this.#accept(text)).find((token) => token);
      if (!mark) return left;
      const args = [left, this.#binary(level + 1)];
      left = { is: "call", at: mark.at, name: `_${mark.text}_`, args };
    }
  }

  #unary(): Expression {
    const mark = this.#accept("!") ?? this.#accept("-");
    if (!mark) return this.#member();
    const operand = this.#unary();
    if (mark.text === "-" && operand.is === "literal") {
      if (typeof operand.value === "bigint")
        return { ...operand, at: mark.at, value: -operand.value };
      if (typeof operand.value === "number")
        return { ...operand, at: mark.at, value: -operand.value };
    }
    return { is: "call", at: mark.at, name: `${mark.text}_`, args: [operand] };
  }

  #member(): Expression {
    let operand = this.#primary();
    for (;;) {
      const dot = this.#accept(".?") ?? this.#accept(".");
      if (dot) {
        operand = this.#selection(operand, dot);
        continue;
      }
      const typeName = qualifiedName(operand);
      if (typeName !== undefined && this.#accept("{")) {
        operand = { is: "struct", at: operand.at, typeName, fields: this.#fields() };
        continue;
      }
      const bracket = this.#accept("[?") ?? this.#accept("[");
      if (!bracket) return operand;
      const index = this.#conditional();
      this.#expect("]");
      const isOptional = bracket.text === "[?";
      operand = { is: "index", at: bracket.at, operand, index, isOptional };
    }
  }

  #selection(operand: Expression, dot: Token): Expression {
    const token = this.#next();
    if (token.kind !== "name")
      throw this.#error(
        `Syntax error: mismatched input '${token.text}' expecting IDENTIFIER`,
        token.at,
      );
    const isOptional = dot.text === ".?";
    const open = isOptional || token.quoted ? undefined : this.#accept("(");
    if (!open)
      return { is: "select", at: dot.at, operand, field: token.text, isTest: false, isOptional };
    const args = this.#list(")");
    return (
      this.#methodMacro({ operand, name: token.text, args, at: open.at }) ?? {
        is: "call",
        at: open.at,
        name: token.text,
        target: operand,
        args,
      }
    );
  }

  #list(end: string): Expression[] {
    const found: Expression[] = [];
    while (!this.#accept(end)) {
      if (found.length > 0) {
        this.#expect(",");
        if (this.#accept(end)) break;
      }
      found.push(this.#conditional());
    }
    return found;
  }

  #primary(): Expression {
    const token = this.#next();
    const { at } = token;
    if (token.kind === "literal") return { is: "literal", at, value: token.value };
    if (token.kind === "name") return this.#nameOrCall(token);
    if (token.text === "(") {
      const inner = this.#conditional();
      this.#expect(")");
      return inner;
    }
    if (token.text === "[") return { is: "list", at, elements: this.#elements() };
    if (token.text === "[?") return { is: "list", at, elements: this.#elements(true) };
    if (token.text === "{") return { is: "map", at, entries: this.#entries() };
    if (token.text === ".") return this.#primary();
    const expected =
      token.kind === "end" && this.#isOperandMissing() ? ` expecting ${OPERAND}` : "";
    throw this.#error(`Syntax error: mismatched input '${token.text}'${expected}`, at);
  }

  /** The source ends where any operand could begin. */
  #isOperandMissing(): boolean {
    const before = this.#tokens[this.#index - 2];
    return before === undefined || OPERAND_FOLLOWS.has(before.text);
  }

  /** `isFirstOptional`: its mark was part of the bracket. */
  #elements(isFirstOptional = false): { value: Expression; isOptional: boolean }[] {
    const elements: { value: Expression; isOptional: boolean }[] = [];
    if (isFirstOptional) elements.push({ value: this.#conditional(), isOptional: true });
    while (!this.#accept("]")) {
      if (elements.length > 0) {
        this.#expect(",");
        if (this.#accept("]")) break;
      }
      const isOptional = this.#accept("?") !== undefined;
      elements.push({ value: this.#conditional(), isOptional });
    }
    return elements;
  }

  #entries(): MapEntry[] {
    const entries: MapEntry[] = [];
    while (!this.#accept("}")) {
      if (entries.length > 0) {
        this.#expect(",");
        if (this.#accept("}")) break;
      }
      const isOptional = this.#accept("?") !== undefined;
      const key = this.#conditional();
      this.#expect(":");
      entries.push({ key, value: this.#conditional(), isOptional });
    }
    return entries;
  }

  #fields(): StructField[] {
    const fields: StructField[] = [];
    while (!this.#accept("}")) {
      if (fields.length > 0) {
        this.#expect(",");
        if (this.#accept("}")) break;
      }
      const isOptional = this.#accept("?") !== undefined;
      const token = this.#next();
      if (token.kind !== "name")
        throw this.#error(
          `Syntax error: mismatched input '${token.text}' expecting IDENTIFIER`,
          token.at,
        );
      this.#expect(":");
      fields.push({ name: token.text, value: this.#conditional(), isOptional });
    }
    return fields;
  }

  #nameOrCall({ text, at }: Token): Expression {
    if (RESERVED.has(text)) throw this.#error(`reserved identifier: ${text}`, at);
    const open = this.#accept("(");
    if (!open) return { is: "name", at, name: text };
    const args = this.#list(")");
    if (text !== "has") return { is: "call", at: open.at, name: text, args };
    const [arg] = args;
    if (args.length !== 1 || arg?.is !== "select" || arg.isTest)
      throw this.#error("invalid argument to has() macro", arg?.at ?? open.at);
    return { ...arg, at: open.at, isTest: true };
  }

  #methodMacro(call: {
    readonly operand: Expression;
    readonly name: string;
    readonly args: readonly Expression[];
    readonly at: number;
  }): Expression | undefined {
    const { operand, name, args, at } = call;
    const macro = macroOf(name, args.length);
    if (macro === undefined) return undefined;
    const vars = args.slice(0, macro.vars).map((variable) => {
      if (variable.is === "name") return variable.name;
      throw this.#error("argument must be a simple name", variable.at);
    });
    const rest = args.slice(macro.vars);
    const body = rest.at(-1);
    if (body === undefined) return undefined;
    const filter = rest.length === 2 ? rest[0] : undefined;
    return {
      is: "comprehension",
      at,
      macro: macro.name,
      range: operand,
      vars,
      ...(filter && { filter }),
      body,
    };
  }
}

/** Macros by the name of their method: how many variables they may have, and what follows them. */
const MACROS: Readonly<
  Record<string, { readonly macro: Macro; readonly vars: readonly number[]; readonly more: number }>
> = {
  all: { macro: "all", vars: [1, 2], more: 1 },
  exists: { macro: "exists", vars: [1, 2], more: 1 },
  exists_one: { macro: "existsOne", vars: [1, 2], more: 1 },
  existsOne: { macro: "existsOne", vars: [1, 2], more: 1 },
  filter: { macro: "filter", vars: [1], more: 1 },
  map: { macro: "map", vars: [1], more: 2 },
  transformList: { macro: "transformList", vars: [2], more: 2 },
  transformMap: { macro: "transformMap", vars: [2], more: 2 },
  transformMapEntry: { macro: "transformMapEntry", vars: [2], more: 2 },
  optMap: { macro: "optMap", vars: [1], more: 1 },
  optFlatMap: { macro: "optFlatMap", vars: [1], more: 1 },
};

/** The macro that a method of that name with so many arguments is, and how many are variables. */
function macroOf(
  name: string,
  args: number,
): { readonly name: Macro; readonly vars: number } | undefined {
  const known = Object.hasOwn(MACROS, name) ? MACROS[name] : undefined;
  const vars = known?.vars.find((count) => args > count && args <= count + known.more);
  return known === undefined || vars === undefined ? undefined : { name: known.macro, vars };
}
