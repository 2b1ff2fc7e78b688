import type { Expression } from "./ast.ts";
import { CelError, type CelFault } from "./errors.ts";
import type { Overload } from "./functions.ts";
import type { CelValue } from "./values.ts";

type Call = Extract<Expression, { is: "call" }>;

/** Functions whose first argument is tried out where it is a literal: what they are tried with. */
const TRIED: Readonly<Record<string, (literal: CelValue) => readonly CelValue[]>> = {
  duration: (literal) => [literal],
  timestamp: (literal) => [literal],
  matches: (literal) => ["", literal],
};

/** What is wrong with the literal of a call whose types are right: no duration, no time, no pattern. */
export function literalFault({ name, args }: Call, overload: Overload): CelFault | undefined {
  const tried = Object.hasOwn(TRIED, name) ? TRIED[name] : undefined;
  const [first] = args;
  if (tried === undefined || first?.is !== "literal") return undefined;
  try {
    overload.call(tried(first.value));
    return undefined;
  } catch (error) {
    if (error instanceof CelError) return { problem: `invalid ${name} argument`, at: first.at };
    throw error;
  }
}
