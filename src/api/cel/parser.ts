import {
  type Comprehension,
  type Expression,
  type MapEntry,
  partsOf,
  type StructField,
} from "./ast.ts";
import { balanced } from "./balanced.ts";
import { CelCompileError, NOWHERE } from "./compile-error.ts";
import { type Token, tokenize } from "./lexer.ts";
import { type LiteralKind, readLiteral } from "./literal-text.ts";
import { macroFault, macroOf, testFault } from "./macros.ts";
import { isReserved } from "./reserved.ts";
import type { SyntaxExplainer } from "./syntax/explain.ts";

const RELATIONS: readonly string[] = ["<", "<=", ">=", ">", "==", "!=", "in"];
const FACTORS: readonly string[] = ["*", "/", "%"];
const TERMS: readonly string[] = ["+", "-"];

const MAX_DEPTH = 250;
const MAX_SOURCE = 100_000;

/**
 * What the grammar does not allow, or cel-go refuses; which it is, and what else, is found out
 * elsewhere, where the message does not say it.
 */
class Refused extends Error {
  override readonly name = "Refused";
}

/** @throws CelCompileError, with what `syntax` says is wrong */
export function parse(source: string, syntax: SyntaxExplainer): Expression {
  if (source.length > MAX_SOURCE) refuseLong(source);
  const tokens = tokenize(source);
  const parser = tokens && new Parser(tokens);
  try {
    if (parser) return parser.parse();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const { message: problem } = error;
    if (problem !== "") throw new CelCompileError(source, [{ problem, at: NOWHERE }]);
  }
  throw new CelCompileError(source, syntax.explain(source, parser?.at));
}

function refuseLong(source: string): void {
  const size = [...source].length;
  if (size <= MAX_SOURCE) return;
  const problem = `expression code point size exceeds limit: size: ${size}, limit ${MAX_SOURCE}`;
  throw new CelCompileError(source, [{ problem, at: NOWHERE }]);
}

type Rule = "calc" | "expression" | "relation";

class Parser {
  readonly #tokens: readonly Token[];
  readonly #end: Token;
  #index = 0;
  readonly #depths: Record<Rule, number> = { calc: 0, expression: 0, relation: 0 };

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
    this.#end = tokens.at(-1) ?? { kind: "end", text: "<EOF>", at: 0 };
  }

  /** Where the next token stands. */
  get at(): number {
    return this.#peek().at;
  }

  parse(): Expression {
    const expression = this.#conditional();
    if (this.#peek().kind !== "end") throw new Refused();
    if (this.#tokens.length > MAX_DEPTH && isDeeper(expression, MAX_DEPTH))
      throw new Refused("max recursion depth exceeded");
    return expression;
  }

  #peek(ahead = 0): Token {
    return this.#tokens[this.#index + ahead] ?? this.#end;
  }

  #next(): Token {
    const token = this.#peek();
    this.#index += 1;
    return token;
  }

  #is(text: string, ahead = 0): boolean {
    const token = this.#peek(ahead);
    return token.kind === "operator" && token.text === text;
  }

  #accept(text: string): Token | undefined {
    return this.#is(text) ? this.#next() : undefined;
  }

  #acceptAny(texts: readonly string[]): Token | undefined {
    const { kind, text } = this.#peek();
    return kind === "operator" && texts.includes(text) ? this.#next() : undefined;
  }

  #expect(text: string): Token {
    const token = this.#accept(text);
    if (token) return token;
    throw new Refused();
  }

  #name(): Token {
    const token = this.#next();
    if (token.kind === "name") return token;
    throw new Refused();
  }

  /** Reads a rule, no deeper within itself than cel-go would. */
  #within(rule: Rule, read: () => Expression): Expression {
    this.#depths[rule] += 1;
    if (this.#depths[rule] > MAX_DEPTH) throw new Refused();
    const expression = read();
    this.#depths[rule] -= 1;
    return expression;
  }

  #conditional(): Expression {
    return this.#within("expression", () => {
      const condition = this.#chain("or");
      const mark = this.#accept("?");
      if (!mark) return condition;
      const then = this.#chain("or");
      this.#expect(":");
      const otherwise = this.#conditional();
      return { is: "conditional", at: mark.at, condition, then, otherwise };
    });
  }

  /** Operands of `&&` or `||`, as the balanced tree that cel-go makes of them. */
  #chain(is: "and" | "or"): Expression {
    const operand = (): Expression => (is === "or" ? this.#chain("and") : this.#relation(0));
    const text = is === "or" ? "||" : "&&";
    const first = operand();
    if (!this.#is(text)) return first;
    const operands = [first];
    const marks: Token[] = [];
    for (let mark = this.#accept(text); mark; mark = this.#accept(text)) {
      marks.push(mark);
      operands.push(operand());
    }
    const tree = (from: number, to: number): Expression => {
      const middle = balanced(from, to);
      const [mark, only] = [marks[middle], operands[from]];
      if (from > to && only) return only;
      if (mark === undefined) throw new Refused();
      return { is, at: mark.at, left: tree(from, middle - 1), right: tree(middle + 1, to) };
    };
    return tree(0, marks.length - 1);
  }

  #relation(precedence: number): Expression {
    return this.#within("relation", () => {
      let left = this.#calc(0);
      if (precedence > 1) return left;
      for (let mark = this.#acceptAny(RELATIONS); mark; mark = this.#acceptAny(RELATIONS))
        left = binary(mark, left, this.#relation(2));
      return left;
    });
  }

  #calc(precedence: number): Expression {
    return this.#within("calc", () => {
      let left = this.#unary();
      for (;;) {
        const factor = precedence <= 2 ? this.#acceptAny(FACTORS) : undefined;
        const mark = factor ?? (precedence <= 1 ? this.#acceptAny(TERMS) : undefined);
        if (mark === undefined) return left;
        left = binary(mark, left, this.#calc(factor ? 3 : 2));
      }
    });
  }

  /** Two signs of one kind annul each other. */
  #unary(): Expression {
    const isNumber = ["double", "int"].includes(this.#peek(1).kind);
    const mark = this.#peek();
    const signs = this.#is("!") ? "!" : this.#is("-") && !isNumber ? "-" : undefined;
    if (signs === undefined) return this.#member();
    let count = 0;
    while (this.#accept(signs)) count += 1;
    const operand = this.#member();
    if (count % 2 === 0) return operand;
    return { is: "call", at: mark.at, name: `${signs}_`, args: [operand] };
  }

  #member(): Expression {
    let operand = this.#primary();
    for (;;) {
      const mark = this.#acceptAny([".", "["]);
      if (mark === undefined) return operand;
      operand = mark.text === "." ? this.#selection(operand, mark) : this.#element(operand, mark);
    }
  }

  #element(operand: Expression, { at }: Token): Expression {
    const isOptional = this.#accept("?") !== undefined;
    const index = this.#conditional();
    this.#expect("]");
    return { is: "index", at, operand, index, isOptional };
  }

  #selection(operand: Expression, dot: Token): Expression {
    const isOptional = this.#accept("?") !== undefined;
    const { text } = this.#name();
    const open = isOptional ? undefined : this.#accept("(");
    if (!open) return { is: "select", at: dot.at, operand, field: text, isTest: false, isOptional };
    const args = this.#arguments();
    return (
      comprehension({ operand, name: text, args, at: open.at }) ?? {
        is: "call",
        at: open.at,
        name: text,
        target: operand,
        args,
      }
    );
  }

  #arguments(): Expression[] {
    if (this.#accept(")")) return [];
    const found = [this.#conditional()];
    while (this.#accept(",")) found.push(this.#conditional());
    this.#expect(")");
    return found;
  }

  #primary(): Expression {
    const token = this.#peek();
    const { at, kind, text } = token;
    if (kind === "name" || this.#is(".")) return this.#nameOrCall();
    this.#index += 1;
    if (kind === "end") throw new Refused();
    if (kind !== "operator") return literal(kind, text, at);
    switch (text) {
      case "-": {
        const number = this.#next();
        if (number.kind !== "int" && number.kind !== "double") throw new Refused();
        return literal(number.kind, `-${number.text}`, at);
      }
      case "(": {
        const inner = this.#conditional();
        this.#expect(")");
        return inner;
      }
      case "[":
        return { is: "list", at, elements: this.#items("]", () => this.#listElement()) };
      case "{":
        return { is: "map", at, entries: this.#items("}", () => this.#entry()) };
      default:
        throw new Refused();
    }
  }

  /** What stands between a bracket and its `end`; a comma may be the last, and the only one. */
  #items<T>(end: string, read: () => T): T[] {
    const found: T[] = [];
    while (!this.#accept(end)) {
      if (found.length > 0) this.#expect(",");
      else if (this.#accept(",")) {
        this.#expect(end);
        return found;
      }
      if (this.#accept(end)) return found;
      found.push(read());
    }
    return found;
  }

  #listElement(): { readonly value: Expression; readonly isOptional: boolean } {
    const isOptional = this.#accept("?") !== undefined;
    return { value: this.#conditional(), isOptional };
  }

  #entry(): MapEntry {
    const isOptional = this.#accept("?") !== undefined;
    const key = this.#conditional();
    const { at } = this.#expect(":");
    return { key, value: this.#conditional(), isOptional, at };
  }

  #field(): StructField {
    const isOptional = this.#accept("?") !== undefined;
    const { text: name } = this.#name();
    const { at } = this.#expect(":");
    return { name, value: this.#conditional(), isOptional, at };
  }

  #nameOrCall(): Expression {
    const isRooted = this.#accept(".") !== undefined;
    const root = isRooted ? ({ isRooted } as const) : {};
    const struct = this.#structName();
    if (struct !== undefined) {
      const { at } = this.#expect("{");
      const fields = this.#items("}", () => this.#field());
      return { is: "struct", at, typeName: struct, fields, ...root };
    }
    const { text: name, at } = this.#name();
    if (isReserved(name)) throw new Refused();
    const open = this.#accept("(");
    if (!open) return { is: "name", at, name, ...root };
    const args = this.#arguments();
    const [arg, ...others] = args;
    if (name !== "has" || isRooted || arg === undefined || others.length > 0)
      return { is: "call", at: open.at, name, args, ...root };
    if (testFault(arg) || arg.is !== "select" || arg.isOptional) throw new Refused();
    return { ...arg, at: open.at, isTest: true };
  }

  /** A name with dots, where a brace follows it. */
  #structName(): string | undefined {
    let ahead = 0;
    while (this.#peek(ahead).kind === "name" && this.#is(".", ahead + 1)) ahead += 2;
    if (this.#peek(ahead).kind !== "name" || !this.#is("{", ahead + 1)) return undefined;
    const names = this.#tokens.slice(this.#index, this.#index + ahead + 1);
    this.#index += ahead + 1;
    return names.map(({ text }) => text).join("");
  }
}

function binary({ text, at }: Token, left: Expression, right: Expression): Expression {
  const name = text === "in" ? "@in" : `_${text}_`;
  return { is: "call", at, name, args: [left, right] };
}

function literal(kind: LiteralKind, text: string, at: number): Expression {
  const read = readLiteral(kind, text);
  if ("problem" in read) throw new Refused();
  return { is: "literal", at, value: read.value };
}

function comprehension(call: {
  readonly operand: Expression;
  readonly name: string;
  readonly args: readonly Expression[];
  readonly at: number;
}): Comprehension | undefined {
  const { operand, name, args, at } = call;
  const form = macroOf(name, args.length);
  if (form === undefined) return undefined;
  if (macroFault(form, operand, args)) throw new Refused();
  // A dot before the name is part of it, and nothing can be called so.
  const vars = args
    .slice(0, form.vars)
    .map((one) => (one.is === "name" ? `${one.isRooted ? "." : ""}${one.name}` : ""));
  const rest = args.slice(form.vars);
  const body = rest.at(-1);
  if (body === undefined) return undefined;
  const filter = rest.length === 2 ? rest[0] : undefined;
  const { macro } = form;
  return { is: "comprehension", at, macro, range: operand, vars, ...(filter && { filter }), body };
}

/** True for what is deeper than cel-go reads, which does not count functions, lists and the logical operators. */
function isDeeper(expression: Expression, limit: number): boolean {
  if (limit < 0) return true;
  const { is } = expression;
  const isCounted =
    is === "select" ||
    is === "index" ||
    is === "conditional" ||
    is === "comprehension" ||
    (is === "call" && (expression.target !== undefined || isBinary(expression.name)));
  return partsOf(expression).some((part) => isDeeper(part, isCounted ? limit - 1 : limit));
}

const isBinary = (name: string): boolean => /^_\W+_$|^@in$/.test(name);
