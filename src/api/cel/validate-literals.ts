import { type Expression, partsOf } from "./ast.ts";
import { formatFaults } from "./check-formats.ts";
import type { CelFault } from "./compile-error.ts";
import { CelError } from "./errors.ts";
import type { Functions } from "./functions.ts";
import { type CelType, isSame, typeName } from "./types.ts";
import type { CelValue } from "./values.ts";

interface Environment {
  /** Of every part of the expression. */
  readonly types: ReadonlyMap<Expression, CelType>;
  readonly functions: Functions;
}

type Call = Extract<Expression, { is: "call" }>;

/**
 * What is wrong with literals in an expression whose types are right, by cel-go's validators: what is
 * no duration, time or pattern; lists and maps of several types; texts that cannot be formatted.
 */
export function literalFaults(expression: Expression, environment: Environment): CelFault[] {
  const { types } = environment;
  return [...mixtures(expression, types), ...tried(environment), ...formatFaults(types)];
}

function* mixtures(expression: Expression, types: Environment["types"]): Iterable<CelFault> {
  // What is formatted may be of any types.
  if (expression.is === "call" && expression.name === "format") return;
  if (expression.is === "list") yield* listMixture(expression, types);
  if (expression.is === "map") {
    const { entries } = expression;
    yield* mixture(
      entries.map(({ key }) => ({ value: key, isOptional: false })),
      types,
    );
    yield* mixture(entries, types);
  }
  for (const part of partsOf(expression)) yield* mixtures(part, types);
}

interface Item {
  readonly value: Expression;
  readonly isOptional: boolean;
}

/** Of a list, only the first element of another type is told. */
function listMixture(list: Extract<Expression, { is: "list" }>, types: Environment["types"]) {
  return [...mixture(list.elements, types)].slice(0, 1);
}

function mixture(items: readonly Item[], types: Environment["types"]): readonly CelFault[] {
  const [first, ...others] = items.map(({ value, isOptional }) => {
    const type = types.get(value);
    return { at: value.at, type: isOptional && type?.is === "optional" ? type.of : type };
  });
  return others.flatMap(({ at, type }) => {
    if (!first?.type || !type || isSame(first.type, type)) return [];
    const problem = `expected type '${typeName(first.type)}' but found '${typeName(type)}'`;
    return { problem, at };
  });
}

/** Functions that are tried out where their first argument is a literal: what is called, with what. */
const TRIED: Readonly<Record<string, (literal: CelValue) => readonly CelValue[]>> = {
  duration: (literal) => [literal],
  timestamp: (literal) => [literal],
  matches: (literal) => ["", literal],
};

function tried({ types, functions }: Environment): CelFault[] {
  return [...types.keys()].flatMap((expression) => {
    if (expression.is !== "call") return [];
    const literal = triedLiteral(expression);
    return literal && fails(expression.name, literal.value, functions)
      ? { problem: `invalid ${expression.name} argument`, at: literal.at }
      : [];
  });
}

function triedLiteral({ name, args }: Call) {
  const [first] = args;
  return Object.hasOwn(TRIED, name) && first?.is === "literal" ? first : undefined;
}

function fails(name: string, literal: CelValue, functions: Functions): boolean {
  const args = TRIED[name]?.(literal) ?? [];
  const form = functions
    .find(name, false)
    .find(
      ({ parameters }) =>
        parameters.at(-1)?.is === (typeof literal === "bigint" ? "int" : "string"),
    );
  try {
    form?.call(args);
    return false;
  } catch (error) {
    if (error instanceof CelError) return true;
    throw error;
  }
}
