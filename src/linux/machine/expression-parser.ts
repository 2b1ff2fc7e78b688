import { must } from "#lib/errors.ts";
import { numberOf, type Source, SourceError, type Token, tokensOf } from "./lexer.ts";
import type { BinaryOperator, Expression, UnaryOperator, Width } from "./syntax.ts";

/** Binary operators, those that bind loosest first. */
const LEVELS: readonly (readonly (BinaryOperator | "&&" | "||")[])[] = [
  ["||"],
  ["&&"],
  ["|"],
  ["^"],
  ["&"],
  ["==", "!="],
  ["<", "<=", ">", ">="],
  ["<<", ">>", ">>>"],
  ["+", "-"],
  ["*", "/", "%"],
];
const UNARY: readonly UnaryOperator[] = ["-", "~", "!"];
const WIDTHS: readonly Width[] = ["u8", "u16", "u32", "i32", "u64"];

/** Reads expressions, with C's precedence. */
export class ExpressionParser {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(source: Source) {
    this.#tokens = tokensOf(source);
  }

  protected expression(level = 0): Expression {
    const operators = LEVELS[level];
    if (operators === undefined) return this.#unary();
    let left = this.expression(level + 1);
    for (;;) {
      const { text, at, kind } = this.peek();
      const operator = operators.find((one) => one === text);
      if (operator === undefined || kind !== "sign") return left;
      this.next();
      const right = this.expression(level + 1);
      left =
        operator === "&&" || operator === "||"
          ? { kind: "logical", at, operator, left, right }
          : { kind: "binary", at, operator, left, right };
    }
  }

  protected peek(): Token {
    return must(this.#tokens[this.#at], "an end of the tokens");
  }

  protected next(): Token {
    const token = this.peek();
    if (token.kind !== "end") this.#at += 1;
    return token;
  }

  /** Takes a sign or keyword if it is next. */
  protected accept(text: string): boolean {
    const { kind, text: found } = this.peek();
    if (found !== text || kind === "text") return false;
    this.next();
    return true;
  }

  protected expect(text: string): void {
    if (!this.accept(text)) this.fail(this.peek(), text);
  }

  protected name(): string {
    const token = this.next();
    return token.kind === "name" ? token.text : this.fail(token, "a name");
  }

  protected fail({ text, at }: Pick<Token, "text" | "at">, wanted: string): never {
    throw new SourceError(`found ${text}, expected ${wanted}`, at);
  }

  /** What stands between parentheses, separated by commas. */
  protected list<T>(read: () => T): readonly T[] {
    this.expect("(");
    const items: T[] = [];
    while (!this.accept(")")) {
      if (items.length > 0) this.expect(",");
      items.push(read());
    }
    return items;
  }

  #unary(): Expression {
    const { text, at, kind } = this.peek();
    const operator = kind === "sign" ? UNARY.find((one) => one === text) : undefined;
    if (operator !== undefined) {
      this.next();
      return { kind: "unary", at, operator, operand: this.#unary() };
    }
    if (kind === "sign" && this.accept("&")) return { kind: "address", at, name: this.name() };
    return this.#primary();
  }

  #primary(): Expression {
    const token = this.next();
    const { kind, text, at } = token;
    if (kind === "number") return { kind: "number", at, value: numberOf(token) };
    if (kind === "text") return { kind: "text", at, text };
    if (kind === "name") return this.#named(token);
    if (text !== "(") return this.fail(token, "a value");
    const inner = this.expression();
    this.expect(")");
    return inner;
  }

  #named({ text: name, at }: Token): Expression {
    const width = WIDTHS.find((one) => one === name);
    if (width !== undefined) {
      this.expect("[");
      const address = this.expression();
      this.expect("]");
      return { kind: "load", at, width, address };
    }
    if (this.peek().text !== "(") return { kind: "name", at, name };
    const args = this.list(() => this.expression());
    if (name === "invoke") return { kind: "invoke", at, args };
    if (name !== "syscall") return { kind: "call", at, name, args };
    const [call, ...rest] = args;
    if (call?.kind === "name") return { kind: "syscall", at, name: call.name, args: rest };
    return this.fail({ text: "syscall", at }, "the name of a call after it");
  }
}
