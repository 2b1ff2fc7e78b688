import { ExpressionParser } from "./expression-parser.ts";
import type { Source, Token } from "./lexer.ts";
import type { Declaration, Expression, Statement } from "./syntax.ts";

/** The declarations of a source. */
export function parse(source: Source): readonly Declaration[] {
  return new Parser(source).declarations();
}

class Parser extends ExpressionParser {
  declarations(): readonly Declaration[] {
    const found: Declaration[] = [];
    while (this.peek().kind !== "end") found.push(this.#declaration());
    return found;
  }

  #declaration(): Declaration {
    const start = this.next();
    const { at } = start;
    if (start.text === "const") {
      const name = this.name();
      this.expect("=");
      return { kind: "const", name, at, value: this.#endOfStatement(this.expression()) };
    }
    if (start.text === "static") {
      const name = this.name();
      this.expect("[");
      const bytes = this.expression();
      this.expect("]");
      return { kind: "static", name, at, bytes: this.#endOfStatement(bytes) };
    }
    if (start.text === "fn") {
      const name = this.name();
      const parameters = this.list(() => this.name());
      return { kind: "function", name, at, parameters, body: this.#block() };
    }
    return this.fail(start, "const, static or fn");
  }

  #block(): readonly Statement[] {
    this.expect("{");
    const statements: Statement[] = [];
    while (!this.accept("}")) statements.push(this.#statement());
    return statements;
  }

  #statement(): Statement {
    const start = this.peek();
    const { at } = start;
    switch (start.text) {
      case "if":
        return this.#if();
      case "while":
        this.next();
        return { kind: "while", at, condition: this.#condition(), body: this.#block() };
      case "return":
        return this.#return();
      case "break":
        this.next();
        return this.#endOfStatement({ kind: "break", at });
      case "continue":
        this.next();
        return this.#endOfStatement({ kind: "continue", at });
      case "var": {
        this.next();
        const name = this.name();
        this.expect("=");
        return this.#endOfStatement({ kind: "declare", at, name, value: this.expression() });
      }
      default:
        return this.#endOfStatement(this.#change(start));
    }
  }

  #if(): Statement {
    const { at } = this.next();
    const condition = this.#condition();
    const then = this.#block();
    if (!this.accept("else")) return { kind: "if", at, condition, then, otherwise: [] };
    const otherwise = this.peek().text === "if" ? [this.#if()] : this.#block();
    return { kind: "if", at, condition, then, otherwise };
  }

  #condition(): Expression {
    this.expect("(");
    const condition = this.expression();
    this.expect(")");
    return condition;
  }

  #return(): Statement {
    const { at } = this.next();
    if (this.accept(";")) return { kind: "return", at, value: undefined };
    return this.#endOfStatement({ kind: "return", at, value: this.expression() });
  }

  /** An assignment, a store, or an expression for what it does. */
  #change({ at }: Token): Statement {
    const target = this.expression();
    if (!this.accept("=")) return { kind: "evaluate", at, value: target };
    const value = this.expression();
    if (target.kind === "name") return { kind: "assign", at, name: target.name, value };
    if (target.kind === "load") {
      return { kind: "store", at, width: target.width, address: target.address, value };
    }
    return this.fail({ text: "=", at }, "a variable or memory on the left of it");
  }

  #endOfStatement<T>(parsed: T): T {
    this.expect(";");
    return parsed;
  }
}
