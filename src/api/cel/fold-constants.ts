import type { Expression, MapEntry } from "./ast.ts";
import { CelError } from "./errors.ts";
import { pattern } from "./library/standard.ts";
import type { CelValue } from "./values.ts";

/** What turns one value into another of a fixed type; cel-go knows their results beforehand. */
const CONVERSIONS: readonly string[] = [
  "bool",
  "bytes",
  "double",
  "duration",
  "dyn",
  "int",
  "string",
  "timestamp",
  "type",
  "uint",
];

/** What computes constants, and is told of those that cannot be converted. */
export interface Folding {
  evaluate(constant: Expression): CelValue;
  failed(problem: string): void;
}

type Fold = (expression: Expression) => Expression;

/**
 * An expression whose constant lists and maps and converted constants are literals, as cel-go makes
 * them before an evaluation: they cost nothing. What has no value stays.
 */
export function foldConstants(expression: Expression, folding: Folding): Expression {
  const fold: Fold = (one) => foldConstants(one, folding);
  const folded = withParts(expression, fold);
  const source = literalPattern(folded);
  if (source !== undefined) attempt(folding, () => pattern(source));
  if (!isConstant(folded)) return folded;
  // Of lists and maps, cel-go says what is wrong when they are used.
  const failed = folded.is === "call" ? folding.failed : (): void => undefined;
  const value = attempt({ ...folding, failed }, () => folding.evaluate(folded));
  return value === undefined ? folded : { is: "literal", at: folded.at, value };
}

function attempt<T>({ failed }: Folding, compute: () => T): T | undefined {
  try {
    return compute();
  } catch (error) {
    if (!(error instanceof CelError)) throw error;
    failed(error.message);
    return undefined;
  }
}

/** The pattern of a call that looks for one, where it is a literal. */
function literalPattern(expression: Expression): string | undefined {
  if (expression.is !== "call" || !["find", "findAll", "matches"].includes(expression.name))
    return undefined;
  const { target, args } = expression;
  const given = target ? args[0] : args[1];
  return given?.is === "literal" && typeof given.value === "string" ? given.value : undefined;
}

const isLiteral = ({ is }: Expression): boolean => is === "literal";

function isConstant(expression: Expression): boolean {
  if (expression.is === "list")
    return expression.elements.every(({ value, isOptional }) => isLiteral(value) && !isOptional);
  if (expression.is === "map")
    return expression.entries.every(
      ({ key, value, isOptional }) => isLiteral(key) && isLiteral(value) && !isOptional,
    );
  if (expression.is !== "call") return false;
  const { name, target, args } = expression;
  const [only, ...others] = args;
  const isConversion = target === undefined && CONVERSIONS.includes(name);
  return isConversion && only !== undefined && others.length === 0 && isLiteral(only);
}

/** The same expression with its parts folded. */
function withParts(expression: Expression, fold: Fold): Expression {
  const entry = (one: MapEntry): MapEntry => ({
    ...one,
    key: fold(one.key),
    value: fold(one.value),
  });
  const inner = <T extends { readonly value: Expression }>(one: T): T => ({
    ...one,
    value: fold(one.value),
  });
  switch (expression.is) {
    case "literal":
    case "name":
      return expression;
    case "select":
      return { ...expression, operand: fold(expression.operand) };
    case "index":
      return { ...expression, operand: fold(expression.operand), index: fold(expression.index) };
    case "call": {
      const target = expression.target && fold(expression.target);
      return { ...expression, ...(target && { target }), args: expression.args.map(fold) };
    }
    case "and":
    case "or":
      return { ...expression, left: fold(expression.left), right: fold(expression.right) };
    case "conditional": {
      const condition = fold(expression.condition);
      const then = fold(expression.then);
      const otherwise = fold(expression.otherwise);
      return { is: "conditional", at: expression.at, condition, then, otherwise };
    }
    case "list":
      return { ...expression, elements: expression.elements.map(inner) };
    case "map":
      return { ...expression, entries: expression.entries.map(entry) };
    case "struct":
      return { ...expression, fields: expression.fields.map(inner) };
    case "comprehension": {
      const { range, filter, body } = expression;
      return {
        ...expression,
        range: fold(range),
        ...(filter && { filter: fold(filter) }),
        body: fold(body),
      };
    }
  }
}
