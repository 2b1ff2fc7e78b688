import { BOOL, type CelType, commonType, DYN, isAssignable, listOf } from "./types.ts";

type Rule = (a: CelType, b: CelType) => CelType | undefined;

const COMPARABLE: readonly CelType["is"][] = [
  "bool",
  "bytes",
  "double",
  "duration",
  "int",
  "string",
  "timestamp",
  "uint",
];
const NUMBERS: readonly CelType["is"][] = ["double", "int", "uint"];
const SUMMED: readonly CelType["is"][] = ["bytes", "duration", "string"];

export const isNumeric = ({ is }: CelType): boolean => NUMBERS.includes(is);

const fits = (wanted: CelType, given: CelType): boolean => isAssignable(wanted, given, new Map());
const isDyn = (a: CelType, b: CelType): boolean => a.is === "dyn" || b.is === "dyn";

const equality: Rule = (a, b) => (fits(a, b) || fits(b, a) ? BOOL : undefined);

const order: Rule = (a, b) => {
  const isComparable = a.is === b.is && COMPARABLE.includes(a.is);
  return isDyn(a, b) || isComparable || (isNumeric(a) && isNumeric(b)) ? BOOL : undefined;
};

/** What `in` may look for in a container. */
function memberOf(container: CelType): CelType | undefined {
  if (container.is === "list") return container.of;
  return container.is === "map" ? container.key : undefined;
}

const membership: Rule = (value, container) => {
  if (container.is === "dyn") return BOOL;
  const member = memberOf(container);
  return member !== undefined && fits(member, value) ? BOOL : undefined;
};

const numbers: Rule = (a, b) => {
  if (isDyn(a, b)) return DYN;
  return a.is === b.is && isNumeric(a) ? a : undefined;
};

const sum: Rule = (a, b) => {
  const number = numbers(a, b);
  if (number) return number;
  if (a.is === "list" && b.is === "list") {
    const of = commonType(a.of, b.of);
    return of.is !== "dyn" || isDyn(a.of, b.of) ? listOf(of) : undefined;
  }
  if (a.is === b.is && SUMMED.includes(a.is)) return a;
  if (a.is === "timestamp" && b.is === "duration") return a;
  return a.is === "duration" && b.is === "timestamp" ? b : undefined;
};

const difference: Rule = (a, b) => {
  const number = numbers(a, b);
  if (number) return number;
  if (a.is === "timestamp" && b.is === "timestamp") return { is: "duration" };
  return b.is === "duration" && (a.is === "timestamp" || a.is === "duration") ? a : undefined;
};

const RULES: Readonly<Record<string, Rule>> = {
  "_==_": equality,
  "_!=_": equality,
  "_<_": order,
  "_<=_": order,
  "_>_": order,
  "_>=_": order,
  _in_: membership,
  "!_": (a) => (a.is === "bool" || a.is === "dyn" ? BOOL : undefined),
  "-_": (a) => (a.is === "int" || a.is === "double" || a.is === "dyn" ? a : undefined),
  "_+_": sum,
  "_-_": difference,
  "_*_": numbers,
  "_/_": numbers,
  "_%_": (a, b) => (a.is === "double" ? undefined : numbers(a, b)),
};

/** The type of an operator's result; undefined where it has no such operands. */
export function operatorType(name: string, a: CelType, b: CelType): CelType | undefined {
  return RULES[name]?.(a, b);
}
