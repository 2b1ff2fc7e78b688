import type { Expression } from "./ast.ts";
import type { CelFault } from "./compile-error.ts";
import { type CelType, outerName } from "./types.ts";

type Call = Extract<Expression, { is: "call" }>;
type Types = ReadonlyMap<Expression, CelType>;

interface Clause {
  readonly takes: readonly CelType["is"][];
  /** What is said of other types; their names come behind it. */
  readonly problem: string;
}

const WHOLE: readonly CelType["is"][] = ["int", "uint"];
const DECIMAL: readonly CelType["is"][] = ["double", "string"];
const HEX: Clause = {
  takes: [...WHOLE, "string", "bytes"],
  problem: "only integers, byte buffers, and strings can be formatted as hex",
};

const CLAUSES: Readonly<Record<string, Clause>> = {
  s: {
    takes: [
      ...["list", "map", "int", "uint", "double", "bool", "string"],
      ...["timestamp", "bytes", "duration", "type", "null"],
    ] as const,
    problem:
      "string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps",
  },
  d: { takes: WHOLE, problem: "decimal clause can only be used on integers" },
  f: { takes: DECIMAL, problem: "fixed-point clause can only be used on doubles" },
  e: { takes: DECIMAL, problem: "scientific clause can only be used on doubles" },
  b: { takes: [...WHOLE, "bool"], problem: "only integers and bools can be formatted as binary" },
  x: HEX,
  X: HEX,
  o: { takes: WHOLE, problem: "octal clause can only be used on integers" },
};

/** What is said of values that a clause does not take. */
export function clauseProblem(verb: string): string {
  return (Object.hasOwn(CLAUSES, verb) ? CLAUSES[verb]?.problem : undefined) ?? "";
}

const UNREADABLE = "could not parse formatting clause: ";
const PRECISION = "error while parsing precision: ";

/** What is wrong with texts that are formatted with a list, both written as literals (cel-go's string format validator). */
export function formatFaults(types: Types): CelFault[] {
  return [...types.keys()].flatMap((expression) => {
    if (expression.is !== "call" || expression.name !== "format") return [];
    return faultOf(expression, types) ?? [];
  });
}

function faultOf(call: Call, types: Types): CelFault | undefined {
  const [list, ...others] = call.args;
  const { target, at } = call;
  if (target?.is !== "literal" || typeof target.value !== "string") return undefined;
  if (list?.is !== "list" || others.length > 0) return undefined;
  const given = list.elements.map(({ value }) => value);
  let used = 0;
  for (const rest of placeholders(target.value)) {
    if (rest === "") return { problem: "unexpected end of string", at };
    const argument = given[used];
    if (argument === undefined) return { problem: `index ${used} out of range`, at };
    const read = readVerb(rest);
    if ("problem" in read) return { problem: `${UNREADABLE}${read.problem}`, at };
    const wrong = unfit(argument, { ...read, types });
    if (wrong !== undefined) return wrong;
    used += 1;
  }
  if (given.length <= used) return undefined;
  const problem = `too many arguments supplied to string.format (expected ${used}, got ${given.length})`;
  return { problem, at };
}

/** What stands behind each percent sign that is not there for itself. */
function* placeholders(text: string): Iterable<string> {
  for (let at = text.indexOf("%"); at >= 0; at = text.indexOf("%", at)) {
    const isPlain = text[at + 1] === "%";
    if (!isPlain) yield text.slice(at + 1);
    at += isPlain ? 2 : 1;
  }
}

/** Reads what stands behind a percent sign. */
function readVerb(text: string): Pick<Place, "clause" | "isText"> | { readonly problem: string } {
  const [precision = "", digits] = /^\.(\d*)/.exec(text) ?? [];
  const rest = text.slice(precision.length);
  if (digits !== undefined && rest === "")
    return { problem: `${PRECISION}could not find end of precision specifier` };
  const wrong = digits === undefined ? undefined : noInteger(digits);
  if (wrong !== undefined)
    return { problem: `${PRECISION}error while converting precision to integer: ${wrong}` };
  // cel-go reads bytes.
  const verb = String.fromCharCode(Buffer.from(rest.slice(0, 2))[0] ?? 0);
  const clause = Object.hasOwn(CLAUSES, verb) ? CLAUSES[verb] : undefined;
  if (clause === undefined) return { problem: `unrecognized formatting clause "${verb}"` };
  return { clause, isText: verb === "s" };
}

/** What Go's `strconv.Atoi` says of digits that are no int64. */
function noInteger(digits: string): string | undefined {
  const isReadable = digits !== "" && BigInt.asIntN(64, BigInt(digits)) === BigInt(digits);
  if (isReadable) return undefined;
  return `strconv.Atoi: parsing "${digits}": ${digits === "" ? "invalid syntax" : "value out of range"}`;
}

interface Place {
  readonly clause: Clause;
  /** Literals are looked into. */
  readonly isText: boolean;
  readonly types: Types;
}

function unfit(argument: Expression, place: Place): CelFault | undefined {
  const { clause, isText, types } = place;
  const type = types.get(argument);
  if (type !== undefined && type.is !== "dyn" && !clause.takes.includes(type.is)) {
    const problem = `error during formatting: ${clause.problem}, was given ${outerName(type)}`;
    return { problem, at: argument.at };
  }
  if (!isText) return undefined;
  const parts =
    argument.is === "list"
      ? argument.elements.map(({ value }) => value)
      : argument.is === "map"
        ? argument.entries.flatMap(({ key, value }) => [key, value])
        : [];
  for (const part of parts) {
    const wrong = unfit(part, place);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}
