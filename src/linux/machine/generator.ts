import { type Arch, isSystemCall, systemCallNumber } from "../syscalls.ts";
import type { Label } from "./code.ts";
import { fold } from "./fold.ts";
import type { FunctionDeclaration, Globals } from "./globals.ts";
import { SourceError } from "./lexer.ts";
import type { Machine, Place } from "./machine.ts";
import type { Expression, Statement } from "./syntax.ts";

/** What a function needs of the program around it. */
export interface Surroundings {
  readonly arch: Arch;
  readonly machine: Machine;
  readonly globals: Globals;
  /** A new label, and the way to place it here. */
  readonly label: () => Label;
  readonly here: (label: Label) => void;
  readonly functionLabel: (name: string) => Label;
  /** Where a text will lie. */
  readonly textLabel: (text: string) => Label;
}

interface Loop {
  readonly start: Label;
  readonly end: Label;
}

const MAX_SYSTEM_CALL_ARGUMENTS = 6;

/** Makes the code of one function: every variable in its frame, every value through one register. */
export class FunctionGenerator {
  readonly #around: Surroundings;
  readonly #machine: Machine;
  readonly #slots = new Map<string, number>();
  readonly #end: Label;
  readonly #loops: Loop[] = [];

  constructor(around: Surroundings) {
    this.#around = around;
    this.#machine = around.machine;
    this.#end = around.label();
  }

  /** @throws {SourceError} for a variable that has the name of a global too. */
  generate({ parameters, body, at }: FunctionDeclaration): void {
    for (const name of parameters) this.#reserve(name, at);
    for (const { name, at: declared } of variablesIn(body)) this.#reserve(name, declared);
    this.#machine.enter(this.#slots.size);
    for (const [index] of parameters.entries()) {
      this.#machine.argument(index, parameters.length);
      this.#machine.assign(index);
    }
    this.#statements(body);
    this.#around.here(this.#end);
    this.#machine.leave();
  }

  #reserve(name: string, at: string): void {
    const { constantOf, functions } = this.#around.globals;
    if (constantOf(name) !== undefined || functions.has(name)) {
      throw new SourceError(`${name} is the name of a global, and of a variable here`, at);
    }
    if (!this.#slots.has(name)) this.#slots.set(name, this.#slots.size);
  }

  #slotOf(name: string, at: string): number {
    const slot = this.#slots.get(name);
    if (slot === undefined) throw new SourceError(`${name} is no variable`, at);
    return slot;
  }

  #statements(statements: readonly Statement[]): void {
    for (const statement of statements) this.#statement(statement);
  }

  #statement(statement: Statement): void {
    switch (statement.kind) {
      case "declare":
      case "assign":
        this.#value(statement.value);
        this.#machine.assign(this.#slotOf(statement.name, statement.at));
        return;
      case "store":
        this.#both(statement.address, statement.value);
        this.#machine.store(statement.width);
        return;
      case "evaluate":
        this.#value(statement.value);
        return;
      case "return":
        if (statement.value !== undefined) this.#value(statement.value);
        this.#machine.jump(this.#end);
        return;
      case "if":
        this.#if(statement);
        return;
      case "while":
        this.#while(statement);
        return;
      case "break":
        this.#machine.jump(this.#loop(statement.at).end);
        return;
      case "continue":
        this.#machine.jump(this.#loop(statement.at).start);
        return;
    }
  }

  #if({ condition, then, otherwise }: Extract<Statement, { kind: "if" }>): void {
    const elseLabel = this.#around.label();
    this.#value(condition);
    this.#machine.jumpIfZero(elseLabel);
    this.#statements(then);
    if (otherwise.length === 0) {
      this.#around.here(elseLabel);
      return;
    }
    const end = this.#around.label();
    this.#machine.jump(end);
    this.#around.here(elseLabel);
    this.#statements(otherwise);
    this.#around.here(end);
  }

  #while({ condition, body }: Extract<Statement, { kind: "while" }>): void {
    const loop = { start: this.#around.label(), end: this.#around.label() };
    this.#around.here(loop.start);
    const constant = fold(condition, this.#around.globals.constantOf);
    if (constant === undefined || constant === 0n) {
      this.#value(condition);
      this.#machine.jumpIfZero(loop.end);
    }
    this.#loops.push(loop);
    this.#statements(body);
    this.#loops.pop();
    this.#machine.jump(loop.start);
    this.#around.here(loop.end);
  }

  #loop(at: string): Loop {
    const loop = this.#loops.at(-1);
    if (loop === undefined) throw new SourceError("there is no loop around this", at);
    return loop;
  }

  #value(expression: Expression): void {
    if (this.#simple(expression, "value")) return;
    switch (expression.kind) {
      case "address":
        this.#machine.addressOfVariable(this.#slotOf(expression.name, expression.at));
        return;
      case "load":
        this.#value(expression.address);
        this.#machine.load(expression.width);
        return;
      case "unary":
        this.#value(expression.operand);
        this.#machine.unary(expression.operator);
        return;
      case "binary":
        this.#both(expression.left, expression.right);
        this.#machine.binary(expression.operator);
        return;
      case "logical":
        this.#logical(expression);
        return;
      case "call":
        this.#call(expression);
        return;
      case "syscall":
        this.#systemCall(expression);
        return;
      case "invoke":
        this.#operands(expression.args, ["call", 0, 1, 2, 3, 4, 5]);
        this.#machine.systemCall();
        return;
      case "number":
      case "text":
      case "name":
        throw new SourceError("this has no value", expression.at);
    }
  }

  /** Loads what needs no other register; answers whether it was that. */
  #simple(expression: Expression, to: Place): boolean {
    const constant = fold(expression, this.#around.globals.constantOf);
    if (constant !== undefined) this.#machine.constant(to, constant);
    else if (expression.kind === "name") {
      this.#machine.variable(to, this.#slotOf(expression.name, expression.at));
    } else if (expression.kind === "text") {
      this.#machine.address(to, this.#around.textLabel(expression.text));
    } else return false;
    return true;
  }

  /** The left side as the value, the right side beside it. */
  #both(left: Expression, right: Expression): void {
    this.#operands([left, right], ["value", "right"]);
  }

  /** Computes what must be computed from left to right, then brings each operand to its place. */
  #operands(expressions: readonly Expression[], places: readonly Place[]): void {
    const pairs = expressions.map((expression, index) => ({
      expression,
      place: places[index] ?? "value",
    }));
    const complex = pairs.filter(({ expression }) => !this.#isSimple(expression));
    const last = complex.at(-1);
    const stays = last?.place === "value" ? last : undefined;
    for (const pair of complex) {
      this.#value(pair.expression);
      if (pair !== stays) this.#machine.push();
    }
    for (const pair of complex.toReversed()) {
      if (pair !== stays) this.#machine.pop(pair.place);
    }
    for (const { expression, place } of pairs) this.#simple(expression, place);
  }

  #isSimple(expression: Expression): boolean {
    if (expression.kind === "name" || expression.kind === "text") return true;
    return fold(expression, this.#around.globals.constantOf) !== undefined;
  }

  /** 1 or 0; the right side is left out where the left one decides. */
  #logical({ operator, left, right }: Extract<Expression, { kind: "logical" }>): void {
    const or = operator === "||";
    const decided = this.#around.label();
    const end = this.#around.label();
    for (const side of [left, right]) {
      this.#value(side);
      if (or) this.#machine.unary("!");
      this.#machine.jumpIfZero(decided);
    }
    this.#machine.constant("value", or ? 0n : 1n);
    this.#machine.jump(end);
    this.#around.here(decided);
    this.#machine.constant("value", or ? 1n : 0n);
    this.#around.here(end);
  }

  #call({ name, args, at }: Extract<Expression, { kind: "call" }>): void {
    const called = this.#around.globals.functions.get(name);
    if (called === undefined) throw new SourceError(`${name} is no function`, at);
    if (called.parameters.length !== args.length) {
      throw new SourceError(`${name} takes ${called.parameters.length} arguments`, at);
    }
    for (const arg of args) {
      this.#value(arg);
      this.#machine.push();
    }
    this.#machine.callFunction(this.#around.functionLabel(name), args.length);
  }

  #systemCall({ name, args, at }: Extract<Expression, { kind: "syscall" }>): void {
    if (!isSystemCall(name)) throw new SourceError(`${name} is no system call`, at);
    if (args.length > MAX_SYSTEM_CALL_ARGUMENTS) {
      throw new SourceError("a system call takes at most 6 arguments", at);
    }
    this.#operands(args, [0, 1, 2, 3, 4, 5]);
    this.#machine.constant("call", BigInt(systemCallNumber(name, this.#around.arch)));
    this.#machine.systemCall();
  }
}

function variablesIn(statements: readonly Statement[]): readonly { name: string; at: string }[] {
  return statements.flatMap((statement) => {
    if (statement.kind === "declare") return [statement];
    if (statement.kind === "while") return variablesIn(statement.body);
    if (statement.kind !== "if") return [];
    return [...variablesIn(statement.then), ...variablesIn(statement.otherwise)];
  });
}
