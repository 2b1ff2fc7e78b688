import { type Signature, signature } from "./functions.ts";

const forms = (...texts: readonly string[]): readonly Signature[] => texts.map(signature);

const COMPARED: readonly (readonly [string, string])[] = [
  ["bool", "bool"],
  ["int", "int"],
  ["int", "double"],
  ["int", "uint"],
  ["uint", "uint"],
  ["uint", "double"],
  ["uint", "int"],
  ["double", "double"],
  ["double", "int"],
  ["double", "uint"],
  ["string", "string"],
  ["bytes", "bytes"],
  ["timestamp", "timestamp"],
  ["duration", "duration"],
];

const comparison = (name: string): readonly Signature[] =>
  forms(...COMPARED.map(([a, b]) => `${name}(${a}, ${b}): bool`));
const calculation = (name: string, ...types: readonly string[]): readonly Signature[] =>
  forms(...types.map((type) => `${name}(${type}, ${type}): ${type}`));

const SORTABLE = ["int", "uint", "double", "bool", "duration", "timestamp", "string", "bytes"];

/** The forms of operators, and of the functions that macros stand for, in the order of cel-go. */
const OPERATORS: Readonly<Record<string, readonly Signature[]>> = {
  "_==_": forms("_(A, A): bool"),
  "_!=_": forms("_(A, A): bool"),
  "_<_": comparison("_"),
  "_<=_": comparison("_"),
  "_>_": comparison("_"),
  "_>=_": comparison("_"),
  "@in": forms("_(A, list<A>): bool", "_(A, map<A, B>): bool"),
  "!_": forms("_(bool): bool"),
  "-_": forms("_(double): double", "_(int): int"),
  "_+_": forms(
    "_(bytes, bytes): bytes",
    "_(double, double): double",
    "_(duration, duration): duration",
    "_(duration, timestamp): timestamp",
    "_(timestamp, duration): timestamp",
    "_(int, int): int",
    "_(list<A>, list<A>): list<A>",
    "_(string, string): string",
    "_(uint, uint): uint",
  ),
  "_-_": forms(
    "_(double, double): double",
    "_(duration, duration): duration",
    "_(int, int): int",
    "_(timestamp, duration): timestamp",
    "_(timestamp, timestamp): duration",
    "_(uint, uint): uint",
  ),
  "_*_": calculation("_", "double", "int", "uint"),
  "_/_": calculation("_", "double", "int", "uint"),
  "_%_": calculation("_", "int", "uint"),
  "_?_:_": forms("_(bool, A, A): A"),
  "_[_]": forms(
    "_(list<A>, int): A",
    "_(map<A, B>, A): B",
    "_(optional<list<A>>, int): optional<A>",
    "_(optional<map<A, B>>, A): optional<B>",
  ),
  "_[?_]": forms(
    "_(list<A>, int): optional<A>",
    "_(optional<list<A>>, int): optional<A>",
    "_(map<A, B>, A): optional<B>",
    "_(optional<map<A, B>>, A): optional<B>",
  ),
  "cel.@mapInsert": forms("_(map<A, B>, A, B): map<A, B>", "_(map<A, B>, map<A, B>): map<A, B>"),
  "@sortByAssociatedKeys": forms(...SORTABLE.map((type) => `list<A>._(list<${type}>): list<A>`)),
};

/** The forms of an operator; undefined for the name of anything else. */
export function operatorForms(name: string): readonly Signature[] | undefined {
  return Object.hasOwn(OPERATORS, name) ? OPERATORS[name] : undefined;
}
