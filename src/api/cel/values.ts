import type { Quantity } from "../quantity.ts";

/** `uint`, apart from `int`, which is a bigint. */
export class Uint {
  readonly value: bigint;

  constructor(value: bigint) {
    this.value = value;
  }
}

/** A point in time to the nanosecond, since 1970. */
export class Timestamp {
  readonly nanos: bigint;

  constructor(nanos: bigint) {
    this.nanos = nanos;
  }
}

export class Duration {
  readonly nanos: bigint;

  constructor(nanos: bigint) {
    this.nanos = nanos;
  }
}

/** What `type()` answers. */
export class TypeValue {
  readonly typeName: string;

  constructor(typeName: string) {
    this.typeName = typeName;
  }
}

export class Optional {
  readonly value: CelValue | undefined;

  constructor(value: CelValue | undefined) {
    this.value = value;
  }
}

/** A value with methods and nothing else to it: an IP address, a URL, the authorizer. */
export class Opaque {
  /** `ip`, `cidr`, `url`, `semver`, `format`, or what the caller brings. */
  readonly kind: string;
  readonly value: unknown;

  constructor(kind: string, value: unknown) {
    this.kind = kind;
    this.value = value;
  }
}

/** A map, or an object whose fields are its keys. */
export interface CelMap {
  readonly isMap: true;
  readonly size: number;
  /** Undefined where there is no such key. */
  get(key: CelValue): CelValue | undefined;
  keys(): readonly CelValue[];
}

export type CelValue =
  | bigint
  | boolean
  | null
  | number
  | string
  | readonly CelValue[]
  | CelMap
  | Duration
  | Opaque
  | Optional
  | Quantity
  | Timestamp
  | TypeValue
  | Uint
  | Uint8Array;

export const isList = (value: CelValue): value is readonly CelValue[] => Array.isArray(value);

export const isMap = (value: CelValue): value is CelMap =>
  typeof value === "object" && value !== null && "isMap" in value;

/** True for a value that is made of more values than that, one in two places counted twice. */
export function isMadeOfMore(value: CelValue, most: number): boolean {
  let left = most;
  const exceeds = (part: CelValue | undefined): boolean => {
    left -= 1;
    if (left < 0) return true;
    if (part === undefined || part === null || typeof part !== "object") return false;
    if (part instanceof Optional) return exceeds(part.value);
    if (isList(part)) return part.some(exceeds);
    return isMap(part) && part.keys().some((key) => exceeds(part.get(key)));
  };
  return exceeds(value);
}

/** A list whose elements `identity` tells apart: their order says nothing, and each is there once. */
export interface KeyedList extends ReadonlyArray<CelValue> {
  identity(element: CelValue): string;
}

export const isKeyed = (value: readonly CelValue[]): value is KeyedList => "identity" in value;

/** The elements of a list that is a set, or a map by what `keys` name. */
export function keyedList(
  elements: readonly CelValue[],
  keys: "self" | readonly string[],
): KeyedList {
  const textOf = (value: CelValue | undefined): string =>
    value === undefined || value === null || (typeof value === "object" && !(value instanceof Uint))
      ? ""
      : keyText(value);
  const identity = (element: CelValue): string => {
    if (keys === "self") return textOf(element);
    return isMap(element) ? JSON.stringify(keys.map((key) => textOf(element.get(key)))) : "";
  };
  return Object.assign([...elements], { identity });
}

/** A map of values that are there already. */
export class LiteralMap implements CelMap {
  readonly isMap = true;
  readonly #entries = new Map<string, readonly [CelValue, CelValue]>();
  #keys: readonly CelValue[] | undefined;

  /** @throws TypeError for a key that is no scalar. */
  constructor(entries: Iterable<readonly [CelValue, CelValue]>) {
    for (const [key, value] of entries) this.#entries.set(keyText(key), [key, value]);
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: CelValue): CelValue | undefined {
    return this.#entries.get(keyText(key))?.[1];
  }

  keys(): readonly CelValue[] {
    this.#keys ??= Array.from(this.#entries.values(), ([key]) => key);
    return this.#keys;
  }
}

/** A value of a type that the expression names: `Object.spec{replicas: 1}`. */
export class StructValue extends LiteralMap {
  readonly typeName: string;

  constructor(typeName: string, fields: Iterable<readonly [string, CelValue]>) {
    super(fields);
    this.typeName = typeName;
  }
}

/** One text for keys that are equal: 1, 1u and 1.0 are. */
export function keyText(key: CelValue): string {
  if (typeof key === "string") return `s${key}`;
  if (typeof key === "boolean") return `b${key}`;
  if (typeof key === "bigint") return `n${key}`;
  if (key instanceof Uint) return `n${key.value}`;
  if (typeof key === "number") return Number.isInteger(key) ? `n${BigInt(key)}` : `d${key}`;
  throw new TypeError("unsupported key type");
}
