import type { Expression } from "./ast.ts";
import type { CelFault } from "./errors.ts";
import { type CelType, typeName } from "./types.ts";

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

const UNREADABLE = "could not parse formatting clause: ";
const PRECISION = "error while parsing precision: ";
const NO_DIGITS =
  'error while converting precision to integer: strconv.Atoi: parsing "": invalid syntax';

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
  const verbs = [...target.value.matchAll(/%(%|[^%]*)/g)].filter(([text]) => text !== "%%");
  for (const [index, [, rest = ""]] of verbs.entries()) {
    if (rest === "" && index === verbs.length - 1)
      return { problem: "unexpected end of string", at };
    const argument = given[index];
    if (argument === undefined) return { problem: `index ${index} out of range`, at };
    const read = readVerb(rest);
    if ("problem" in read) return { problem: `${UNREADABLE}${read.problem}`, at };
    const wrong = unfit(argument, { ...read, types });
    if (wrong !== undefined) return wrong;
  }
  if (given.length <= verbs.length) return undefined;
  const problem = `too many arguments supplied to string.format (expected ${verbs.length}, got ${given.length})`;
  return { problem, at };
}

/** Reads what stands behind a percent sign, as far as the next one. */
function readVerb(text: string): Pick<Place, "clause" | "isText"> | { readonly problem: string } {
  const [, precision = "", verb = ""] = /^(\.\d*)?(.?)/u.exec(text) ?? [];
  if (precision !== "" && verb === "")
    return { problem: `${PRECISION}could not find end of precision specifier` };
  if (precision === ".") return { problem: `${PRECISION}${NO_DIGITS}` };
  const clause = Object.hasOwn(CLAUSES, verb) ? CLAUSES[verb] : undefined;
  if (clause !== undefined) return { clause, isText: verb === "s" };
  return { problem: `unrecognized formatting clause ${JSON.stringify(verb)}` };
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
    const problem = `error during formatting: ${clause.problem}, was given ${shortName(type)}`;
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

const VALUE_NAMES: Readonly<Partial<Record<CelType["is"], string>>> = {
  duration: "google.protobuf.Duration",
  null: "null_type",
  timestamp: "google.protobuf.Timestamp",
};

/** A type as its values name it, without those of its parts. */
const shortName = (type: CelType): string =>
  VALUE_NAMES[type.is] ?? typeName(type).replace(/\(.*$/, "");
