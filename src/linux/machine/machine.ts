import type { Label } from "./code.ts";
import type { BinaryOperator, UnaryOperator, Width } from "./syntax.ts";

/**
 * Where a value can be: `value` has what was computed last, `right` the right side of an operator;
 * 0 to 5 are the arguments of a system call, `call` its number.
 */
export type Place = "value" | "right" | "call" | number;

/**
 * What the compiler needs of a processor. A function's parameters and variables are slots of its
 * frame, numbered from 0, and its arguments lie on the stack in the order they were pushed.
 */
export interface Machine {
  /** Begins a function whose frame has `slots` variables. */
  enter(slots: number): void;
  /** Ends it: `value` is what it answers. */
  leave(): void;
  constant(to: Place, value: bigint): void;
  /** The address of something in the code. */
  address(to: Place, label: Label): void;
  variable(to: Place, slot: number): void;
  /** Argument `index` of `count`, as the caller pushed it. */
  argument(index: number, count: number): void;
  addressOfVariable(slot: number): void;
  /** Keeps `value` in a variable. */
  assign(slot: number): void;
  /** Pushes `value`. */
  push(): void;
  pop(to: Place): void;
  /** `value` = `value` operator `right`. */
  binary(operator: BinaryOperator): void;
  unary(operator: UnaryOperator): void;
  /** Replaces an address in `value` by what lies there. */
  load(width: Width): void;
  /** Writes `right` to the address in `value`. */
  store(width: Width): void;
  jump(to: Label): void;
  /** Jumps if `value` is 0. */
  jumpIfZero(to: Label): void;
  /** Calls a function and takes its arguments off the stack. */
  callFunction(to: Label, args: number): void;
  /** Enters the kernel; `value` is what it answers. */
  systemCall(): void;
}
