import { MAX_ELEMENTS } from "../budget.ts";
import { CelCostError, CelError } from "../errors.ts";
import { define, type Overload } from "../functions.ts";
import { arithmetic, compare, contains, equals } from "../operators.ts";
import { sortByKeys } from "../sorting.ts";
import { type CelValue, Duration, isList, LiteralMap, Optional, Uint } from "../values.ts";
import { int, list } from "./standard.ts";

const ZEROS: readonly (readonly [string, CelValue])[] = [
  ["int", 0n],
  ["uint", new Uint(0n)],
  ["double", 0],
  ["duration", new Duration(0n)],
];

const ORDERED = ["int", "uint", "double", "bool", "duration", "timestamp", "string", "bytes"];

/** The element that comes first, or last where `sign` is negative. */
function extreme(values: readonly CelValue[], sign: 1 | -1): CelValue {
  const [first, ...others] = values;
  if (first === undefined) throw new CelError(`${sign === 1 ? "min" : "max"} called on empty list`);
  return others.reduce(
    (best, value) => ((compare(value, best) ?? 0) * sign < 0 ? value : best),
    first,
  );
}

function isSorted(values: readonly CelValue[]): boolean {
  return values.every((value, index) => {
    const before = values[index - 1];
    return before === undefined || (compare(before, value) ?? 1) <= 0;
  });
}

function distinct(values: readonly CelValue[]): CelValue[] {
  return values.filter((value, index) => values.findIndex((one) => equals(one, value)) === index);
}

function flatten(values: readonly CelValue[], depth: number): CelValue[] {
  const found: CelValue[] = [];
  let left = MAX_ELEMENTS;
  const add = (all: readonly CelValue[], levels: number): void => {
    left -= all.length;
    if (left < 0) throw new CelCostError();
    for (const value of all)
      if (isList(value) && levels > 0) add(value, levels - 1);
      else found.push(value);
  };
  add(values, depth);
  return found;
}

function slice(values: readonly CelValue[], from: bigint, to: bigint): readonly CelValue[] {
  if (from < 0n || to < 0n || from > to || to > values.length)
    throw new CelError(`cannot slice(${from}, ${to}), list is length ${values.length}`);
  return values.slice(Number(from), Number(to));
}

function range(count: bigint): CelValue[] {
  if (count > MAX_ELEMENTS) throw new CelCostError();
  return Array.from({ length: Math.max(0, Number(count)) }, (_, index) => BigInt(index));
}

/** Kubernetes' and cel-go's functions of lists, and sets. */
export const LISTS: readonly Overload[] = [
  ...ZEROS.map(([type, zero]) =>
    define(`list<${type}>.sum(): ${type}`, (values) =>
      list(values).reduce((sum, value) => arithmetic("_+_", sum, value), zero),
    ),
  ),
  ...ORDERED.flatMap((type) => [
    define(`list<${type}>.min(): ${type}`, (values) => extreme(list(values), 1)),
    define(`list<${type}>.max(): ${type}`, (values) => extreme(list(values), -1)),
    define(`list<${type}>.isSorted(): bool`, (values) => isSorted(list(values))),
    define(`list<${type}>.sort(): list<${type}>`, (values) =>
      sortByKeys(list(values), list(values)),
    ),
  ]),
  define("list<A>.indexOf(A): int", (values, value = null) =>
    BigInt(list(values).findIndex((one) => equals(one, value))),
  ),
  define("list<A>.lastIndexOf(A): int", (values, value = null) =>
    BigInt(list(values).findLastIndex((one) => equals(one, value))),
  ),
  define("list<A>.distinct(): list<A>", (values) => distinct(list(values))),
  define("list<A>.reverse(): list<A>", (values) => [...list(values)].reverse()),
  define("list<A>.slice(int, int): list<A>", (values, from, to) =>
    slice(list(values), int(from), int(to)),
  ),
  define("list<list<A>>.flatten(): list<A>", (values) => flatten(list(values), 1)),
  define("list<dyn>.flatten(int): list<dyn>", (values, depth) =>
    flatten(list(values), Number(int(depth))),
  ),
  define("list<A>.first(): optional<A>", (values) => new Optional(list(values)[0])),
  define("list<A>.last(): optional<A>", (values) => new Optional(list(values).at(-1))),
  define("lists_range(int): list<int>", (count) => range(int(count))),
  define("sets_contains(list<A>, list<A>): bool", (all, some) =>
    list(some).every((value) => contains(list(all), value)),
  ),
  define("sets_intersects(list<A>, list<A>): bool", (a, b) =>
    list(a).some((value) => contains(list(b), value)),
  ),
  define(
    "sets_equivalent(list<A>, list<A>): bool",
    (a, b) =>
      list(a).every((value) => contains(list(b), value)) &&
      list(b).every((value) => contains(list(a), value)),
  ),
];

const optional = (value: CelValue | undefined): Optional => {
  if (value instanceof Optional) return value;
  throw new CelError("no such overload");
};

const unwrapped = (values: CelValue | undefined): CelValue =>
  list(values).flatMap((value) => optional(value).value ?? []);

/** Values that may not be there. */
export const OPTIONALS: readonly Overload[] = [
  define("optional_of(A): optional<A>", (value) => new Optional(value)),
  define("optional_none(): optional<A>", () => new Optional(undefined)),
  define(
    "optional_ofNonZeroValue(A): optional<A>",
    (value = null) => new Optional(isZero(value) ? undefined : value),
  ),
  define("optional_unwrap(list<optional<A>>): list<A>", unwrapped),
  define("list<optional<A>>.unwrapOpt(): list<A>", unwrapped),
  define("optional<A>.hasValue(): bool", (value) => optional(value).value !== undefined),
  define("optional<A>.value(): A", (value) => {
    const found = optional(value).value;
    if (found === undefined) throw new CelError("optional.none() dereference");
    return found;
  }),
  define("optional<A>.orValue(A): A", (value, other = null) => optional(value).value ?? other),
  define("optional<A>.or(optional<A>): optional<A>", (value, other) =>
    optional(value).value === undefined ? optional(other) : optional(value),
  ),
];

function isZero(value: CelValue): boolean {
  if (value === null || value === "" || value === false || value === 0 || value === 0n) return true;
  if (value instanceof Uint) return value.value === 0n;
  if (value instanceof Duration) return value.nanos === 0n;
  if (isList(value)) return value.length === 0;
  return value instanceof LiteralMap && value.size === 0;
}
