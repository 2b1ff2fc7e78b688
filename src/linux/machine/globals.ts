import { STATIC_ADDRESS } from "./elf.ts";
import { type ConstantOf, fold } from "./fold.ts";
import { SourceError } from "./lexer.ts";
import type { Declaration, Expression } from "./syntax.ts";

export type FunctionDeclaration = Extract<Declaration, { kind: "function" }>;

/** The names that a whole program knows. */
export interface Globals {
  /** Constants, and the addresses of statics. */
  readonly constantOf: ConstantOf;
  readonly functions: ReadonlyMap<string, FunctionDeclaration>;
  /** All statics together. */
  readonly staticBytes: number;
}

const STATIC_ALIGNMENT = 16;

/** Collects declarations in their order: a constant is made of those before it. */
export function globalsOf(declarations: readonly Declaration[]): Globals {
  const constants = new Map<string, bigint>();
  const functions = new Map<string, FunctionDeclaration>();
  const constantOf: ConstantOf = (name) => constants.get(name);
  const constantValue = (expression: Expression): bigint => {
    const value = fold(expression, constantOf);
    if (value === undefined) throw new SourceError("this is no constant", expression.at);
    return value;
  };
  let staticBytes = 0;
  for (const declaration of declarations) {
    const { name, at } = declaration;
    if (constants.has(name) || functions.has(name)) {
      throw new SourceError(`${name} is declared twice`, at);
    }
    if (declaration.kind === "function") {
      functions.set(name, declaration);
    } else if (declaration.kind === "const") {
      constants.set(name, constantValue(declaration.value));
    } else {
      constants.set(name, BigInt(STATIC_ADDRESS + staticBytes));
      const bytes = Number(constantValue(declaration.bytes));
      staticBytes += Math.ceil(bytes / STATIC_ALIGNMENT) * STATIC_ALIGNMENT;
    }
  }
  return { constantOf, functions, staticBytes };
}
