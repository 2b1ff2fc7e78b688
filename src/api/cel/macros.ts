import type { Macro } from "./ast.ts";
import type { CelFault } from "./compile-error.ts";

/** What a macro is told of its arguments: an expression, or something that could not be read. */
export interface MacroArgument {
  readonly is: string;
  readonly at: number;
  /** Of a variable. */
  readonly name?: string;
}

interface Form {
  readonly macro: Macro;
  /** How many of its arguments are names, and how many there are. */
  readonly vars: number;
  readonly args: readonly number[];
  /** What is said of a first argument that is no name. */
  readonly noName: string;
}

const simple = (macro: Macro, vars: number, args: readonly number[]): Form => ({
  macro,
  vars,
  args,
  noName: "argument must be a simple name",
});
const quantifier = (macro: Macro): readonly Form[] => [
  simple(macro, 1, [2]),
  simple(macro, 2, [3]),
];
const onElements = (macro: Macro, ...args: readonly number[]): Form => ({
  ...simple(macro, 1, args),
  noName: "argument is not an identifier",
});
const onOptional = (macro: Macro): Form => ({
  ...simple(macro, 1, [2]),
  noName: `${macro}() variable name must be a simple identifier`,
});

/** Macros by the name of their method. */
const MACROS: Readonly<Record<string, readonly Form[]>> = {
  all: quantifier("all"),
  exists: quantifier("exists"),
  exists_one: quantifier("existsOne"),
  existsOne: [simple("existsOne", 2, [3])],
  filter: [onElements("filter", 2)],
  map: [onElements("map", 2, 3)],
  sortBy: [onElements("sortBy", 2)],
  transformList: [simple("transformList", 2, [3, 4])],
  transformMap: [simple("transformMap", 2, [3, 4])],
  transformMapEntry: [simple("transformMapEntry", 2, [3, 4])],
  optMap: [onOptional("optMap")],
  optFlatMap: [onOptional("optFlatMap")],
};

const MAY_BE_SORTED: readonly string[] = [
  ...["and", "call", "comprehension", "conditional", "index", "list"],
  ...["name", "or", "select"],
];

/** The macro that a method of that name with so many arguments is, and how many of them are its variables. */
export function macroOf(name: string, args: number): Form | undefined {
  const forms = Object.hasOwn(MACROS, name) ? MACROS[name] : undefined;
  return forms?.find((one) => one.args.includes(args));
}

/** What is wrong with the arguments of a macro, in the words of cel-go. */
export function macroFault(
  { macro, vars, noName }: Form,
  target: MacroArgument,
  args: readonly MacroArgument[],
): CelFault | undefined {
  if (macro === "sortBy" && !MAY_BE_SORTED.includes(target.is)) {
    const problem =
      "sortBy can only be applied to a list, identifier, comprehension, call or select expression";
    return { problem, at: target.at };
  }
  const variables = args.slice(0, vars);
  for (const { is, at } of variables) if (is !== "name") return { problem: noName, at };
  const [first, second] = variables;
  if (first && first.name === second?.name)
    return { problem: `duplicate variable name: ${first.name}`, at: second?.at ?? first.at };
  if (macro === "optMap" || macro === "optFlatMap") return undefined;
  const taken = variables.find(({ name }) => name === "__result__");
  const problem = "iteration variable overwrites accumulator variable";
  return taken && { problem, at: taken.at };
}

/** What is wrong with what stands in `has(…)`. */
export function testFault({ is, at }: MacroArgument): CelFault | undefined {
  return is === "select" ? undefined : { problem: "invalid argument to has() macro", at };
}
