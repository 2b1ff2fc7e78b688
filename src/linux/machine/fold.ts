import type { BinaryOperator, Expression, UnaryOperator } from "./syntax.ts";

/** What a name stands for while a program is compiled, if it is a constant. */
export type ConstantOf = (name: string) => bigint | undefined;

/** The value of an expression that does not depend on the run; wraps at 64 bits as the processor does. */
export function fold(expression: Expression, constantOf: ConstantOf): bigint | undefined {
  const value = folded(expression, constantOf);
  return value === undefined ? undefined : BigInt.asIntN(64, value);
}

function folded(expression: Expression, constantOf: ConstantOf): bigint | undefined {
  switch (expression.kind) {
    case "number":
      return expression.value;
    case "name":
      return constantOf(expression.name);
    case "unary": {
      const operand = fold(expression.operand, constantOf);
      return operand === undefined ? undefined : unary(expression.operator, operand);
    }
    case "binary":
      return foldedBinary(expression, constantOf);
    case "text":
    case "address":
    case "load":
    case "logical":
    case "call":
    case "syscall":
    case "invoke":
      return undefined;
  }
}

function foldedBinary(
  { operator, left, right }: Extract<Expression, { kind: "binary" }>,
  constantOf: ConstantOf,
): bigint | undefined {
  const a = fold(left, constantOf);
  const b = fold(right, constantOf);
  if (a === undefined || b === undefined) return undefined;
  return OPERATIONS[operator](a, b);
}

const OPERATIONS: Readonly<Record<BinaryOperator, (a: bigint, b: bigint) => bigint | undefined>> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => (b === 0n ? undefined : a / b),
  "%": (a, b) => (b === 0n ? undefined : a % b),
  "&": (a, b) => a & b,
  "|": (a, b) => a | b,
  "^": (a, b) => a ^ b,
  "<<": (a, b) => a << (b & 63n),
  ">>": (a, b) => a >> (b & 63n),
  ">>>": (a, b) => BigInt.asUintN(64, a) >> (b & 63n),
  "==": (a, b) => truth(a === b),
  "!=": (a, b) => truth(a !== b),
  "<": (a, b) => truth(a < b),
  "<=": (a, b) => truth(a <= b),
  ">": (a, b) => truth(a > b),
  ">=": (a, b) => truth(a >= b),
};

function unary(operator: UnaryOperator, operand: bigint): bigint {
  switch (operator) {
    case "-":
      return -operand;
    case "~":
      return ~operand;
    case "!":
      return truth(operand === 0n);
  }
}

function truth(value: boolean): bigint {
  return value ? 1n : 0n;
}
