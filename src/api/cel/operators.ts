import { Quantity } from "../quantity.ts";
import { MAX_ELEMENTS } from "./budget.ts";
import { CelCostError, CelError, noOverload, overflow } from "./errors.ts";
import {
  type CelMap,
  type CelValue,
  Duration,
  isKeyed,
  isList,
  isMap,
  type KeyedList,
  keyText,
  Opaque,
  Optional,
  Timestamp,
  TypeValue,
  Uint,
} from "./values.ts";

const MIN_INT = -(2n ** 63n);
const MAX_INT = 2n ** 63n - 1n;
const MAX_UINT = 2n ** 64n - 1n;
/** 0001-01-01T00:00:00Z to 9999-12-31T23:59:59.999999999Z */
const MIN_TIME = -62_135_596_800_000_000_000n;
const MAX_TIME = 253_402_300_799_999_999_999n;

export function toInt(value: bigint): bigint {
  if (value < MIN_INT || value > MAX_INT) throw overflow();
  return value;
}

export function toUint(value: bigint): Uint {
  if (value < 0n || value > MAX_UINT) throw overflow("unsigned integer");
  return new Uint(value);
}

export function toTimestamp(nanos: bigint): Timestamp {
  if (nanos < MIN_TIME || nanos > MAX_TIME) throw overflow("timestamp");
  return new Timestamp(nanos);
}

export function toDuration(nanos: bigint): Duration {
  if (nanos < MIN_INT || nanos > MAX_INT) throw overflow("duration");
  return new Duration(nanos);
}

type Number_ = bigint | number | Uint;

const isNumber = (value: CelValue): value is Number_ =>
  typeof value === "bigint" || typeof value === "number" || value instanceof Uint;

const plain = (value: Number_): bigint | number => (value instanceof Uint ? value.value : value);

/** Negative, zero, positive; undefined where nothing says which comes first (NaN, other types). */
export function compare(a: CelValue, b: CelValue): number | undefined {
  if (isNumber(a) && isNumber(b)) return order(plain(a), plain(b));
  if (typeof a === "string" && typeof b === "string") return compareText(a, b);
  if (typeof a === "boolean" && typeof b === "boolean") return Number(a) - Number(b);
  if (a instanceof Timestamp && b instanceof Timestamp) return order(a.nanos, b.nanos);
  if (a instanceof Duration && b instanceof Duration) return order(a.nanos, b.nanos);
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b);
  throw noOverload();
}

function order(a: bigint | number, b: bigint | number): number | undefined {
  if (a < b) return -1;
  if (a > b) return 1;
  return Number.isNaN(a) || Number.isNaN(b) ? undefined : 0;
}

/** By code points, as Go compares UTF-8. */
function compareText(a: string, b: string): number {
  return a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** CEL's `==`, which never fails: values of other types are not equal. */
export const equals = (a: CelValue, b: CelValue): boolean => new Comparison().equals(a, b);

class Comparison {
  /**
   * Lists and maps that were found equal: what stands in many places, which stand in many places,
   * is gone through once.
   */
  #known: Map<CelValue, Set<CelValue>> | undefined;

  equals(a: CelValue, b: CelValue): boolean {
    if (isNumber(a) && isNumber(b)) return order(plain(a), plain(b)) === 0;
    if (a === null || b === null || typeof a !== "object" || typeof b !== "object") return a === b;
    if (isList(a)) return isList(b) && this.#once([a, b], () => this.#lists(a, b));
    if (isMap(a)) return isMap(b) && this.#once([a, b], () => this.#maps(a, b));
    if (a instanceof Optional) return b instanceof Optional && this.#optionals(a, b);
    return runtimeName(a) === runtimeName(b) && sameScalar(a, b);
  }

  #once([a, b]: readonly [CelValue, CelValue], compare: () => boolean): boolean {
    if (this.#known?.get(a)?.has(b)) return true;
    if (!compare()) return false;
    this.#known ??= new Map();
    this.#known.set(a, (this.#known.get(a) ?? new Set()).add(b));
    return true;
  }

  #lists(a: readonly CelValue[], b: readonly CelValue[]): boolean {
    if (a.length !== b.length) return false;
    if (isKeyed(a)) return this.#holdsAll(a, b);
    return a.every((value, index) => this.equals(value, b[index] ?? null));
  }

  #holdsAll(list: KeyedList, others: readonly CelValue[]): boolean {
    const mine = new Map(list.map((element) => [list.identity(element), element]));
    return others.every((other) => this.#have(mine.get(list.identity(other)), other));
  }

  #maps(a: CelMap, b: CelMap): boolean {
    return a.size === b.size && a.keys().every((key) => this.#have(a.get(key), b.get(key)));
  }

  #have(a: CelValue | undefined, b: CelValue | undefined): boolean {
    return a !== undefined && b !== undefined && this.equals(a, b);
  }

  #optionals(a: Optional, b: Optional): boolean {
    return (a.value === undefined && b.value === undefined) || this.#have(a.value, b.value);
  }
}

/** Values of one type that is no container. */
function sameScalar(a: CelValue, b: CelValue): boolean {
  if (a instanceof Quantity && b instanceof Quantity) return a.compare(b) === 0;
  if (a instanceof TypeValue && b instanceof TypeValue) return a.typeName === b.typeName;
  if (a instanceof Opaque && b instanceof Opaque) return Bun.deepEquals(a.value, b.value);
  return compare(a, b) === 0;
}

/** Elements of the other list take the place of those that they are, or come behind. */
function merged(list: KeyedList, others: readonly CelValue[]): KeyedList {
  const elements = [...list];
  const places = new Map(list.map((element, index) => [list.identity(element), index]));
  for (const other of others) {
    const id = list.identity(other);
    const place = places.get(id) ?? elements.length;
    places.set(id, place);
    elements[place] = other;
  }
  return Object.assign(elements, { identity: list.identity });
}

export function contains(container: CelValue, value: CelValue): boolean {
  if (isList(container)) return container.some((one) => equals(one, value));
  if (!isMap(container)) throw noOverload();
  return isKey(value) && container.get(value) !== undefined;
}

const isKey = (value: CelValue): boolean =>
  isNumber(value) || typeof value === "string" || typeof value === "boolean";

/** The value of a binary operator other than the comparisons. */
export function arithmetic(operator: string, a: CelValue, b: CelValue): CelValue {
  if (typeof a === "bigint" && typeof b === "bigint") return toInt(integers(operator, a, b));
  if (a instanceof Uint && b instanceof Uint) return toUint(integers(operator, a.value, b.value));
  if (typeof a === "number" && typeof b === "number") return doubles(operator, a, b);
  if (operator === "_+_") return sum(a, b);
  if (operator === "_-_") return differenceOf(a, b);
  throw noOverload();
}

function integers(operator: string, a: bigint, b: bigint): bigint {
  switch (operator) {
    case "_+_":
      return a + b;
    case "_-_":
      return a - b;
    case "_*_":
      return a * b;
    case "_/_":
      if (b === 0n) throw new CelError("division by zero");
      return a / b;
    default:
      if (b === 0n) throw new CelError("modulus by zero");
      return a % b;
  }
}

function doubles(operator: string, a: number, b: number): number {
  switch (operator) {
    case "_+_":
      return a + b;
    case "_-_":
      return a - b;
    case "_*_":
      return a * b;
    case "_/_":
      return a / b;
    default:
      throw noOverload();
  }
}

function sum(a: CelValue, b: CelValue): CelValue {
  if (typeof a === "string" && typeof b === "string") return a + b;
  if (isList(a) && isList(b)) return isKeyed(a) ? merged(a, b) : joined(a, b);
  if (a instanceof Uint8Array && b instanceof Uint8Array) return new Uint8Array([...a, ...b]);
  if (a instanceof Duration && b instanceof Duration) return toDuration(a.nanos + b.nanos);
  if (a instanceof Timestamp && b instanceof Duration) return toTimestamp(a.nanos + b.nanos);
  if (a instanceof Duration && b instanceof Timestamp) return toTimestamp(a.nanos + b.nanos);
  throw noOverload();
}

/** cel-go keeps the two and counts a step; here it must not take all memory. */
function joined(a: readonly CelValue[], b: readonly CelValue[]): readonly CelValue[] {
  if (a.length + b.length > MAX_ELEMENTS) throw new CelCostError();
  return [...a, ...b];
}

function differenceOf(a: CelValue, b: CelValue): CelValue {
  if (a instanceof Timestamp && b instanceof Timestamp) return toDuration(a.nanos - b.nanos);
  if (a instanceof Timestamp && b instanceof Duration) return toTimestamp(a.nanos - b.nanos);
  if (a instanceof Duration && b instanceof Duration) return toDuration(a.nanos - b.nanos);
  throw noOverload();
}

export function negate(value: CelValue): CelValue {
  if (typeof value === "bigint") return toInt(-value);
  if (typeof value === "number") return -value;
  if (value instanceof Duration) return toDuration(-value.nanos);
  throw noOverload();
}

/** The element at an index, or the value of a key; undefined where there is none. */
export function elementAt(container: CelValue, index: CelValue): CelValue | undefined {
  if (isList(container)) {
    if (!isNumber(index))
      throw new CelError(`unsupported index type '${runtimeName(index)}' in list`);
    if (typeof index === "number" && !Number.isInteger(index))
      throw new CelError(`unsupported index value ${index} in list`);
    return container[Number(plain(index))];
  }
  if (!isMap(container)) return undefined;
  if (!isKey(index)) throw new CelError(`unsupported key type: ${runtimeName(index)}`);
  return container.get(index);
}

/** A key or index as errors show it. */
export function shownKey(key: CelValue): string {
  return isKey(key) ? keyText(key).slice(1) : runtimeName(key);
}

const OPAQUE_NAMES: Readonly<Record<string, string>> = {
  ip: "net.IP",
  cidr: "net.CIDR",
  url: "kubernetes.URL",
  semver: "kubernetes.Semver",
  format: "kubernetes.NamedFormat",
};

const CLASSES: readonly (readonly [new (...args: never[]) => object, string])[] = [
  [Uint, "uint"],
  [Uint8Array, "bytes"],
  [Timestamp, "google.protobuf.Timestamp"],
  [Duration, "google.protobuf.Duration"],
  [TypeValue, "type"],
  [Optional, "optional_type"],
];

const PRIMITIVES: Readonly<Record<string, string>> = {
  bigint: "int",
  boolean: "bool",
  number: "double",
  string: "string",
};

/** The name of a value's type, as `type()` gives it. */
export function runtimeName(value: CelValue): string {
  if (value === null) return "null_type";
  if (typeof value !== "object") return PRIMITIVES[typeof value] ?? "";
  if (isList(value)) return "list";
  if (isMap(value)) return "map";
  if (value instanceof Quantity) return "kubernetes.Quantity";
  if (value instanceof Opaque) return OPAQUE_NAMES[value.kind] ?? value.kind;
  return CLASSES.find(([type]) => value instanceof type)?.[1] ?? "";
}
