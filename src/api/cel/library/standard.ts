import { goRegexp, RegexpError } from "../../go-regexp.ts";
import { CelError, noConversion, noOverload, overflow } from "../errors.ts";
import { define, type Overload } from "../functions.ts";
import { runtimeName, toInt, toTimestamp, toUint } from "../operators.ts";
import { type CelValue, Duration, isList, isMap, Timestamp, TypeValue, Uint } from "../values.ts";
import { durationText, parseDuration, parseTimestamp, timestampText } from "./time-text.ts";

export const text = (value: CelValue | undefined): string => {
  if (typeof value === "string") return value;
  throw noOverload();
};

export const int = (value: CelValue | undefined): bigint => {
  if (typeof value === "bigint") return value;
  throw noOverload();
};

export const list = (value: CelValue | undefined): readonly CelValue[] => {
  if (value !== undefined && isList(value)) return value;
  throw noOverload();
};

/** A pattern in RE2's syntax. @throws CelError */
export function pattern(source: string): RegExp {
  try {
    return goRegexp(source);
  } catch (error) {
    if (error instanceof RegexpError) throw new CelError(error.message);
    throw error;
  }
}

/** How many characters, elements or entries there are. */
export function sizeOf(value: CelValue): bigint {
  if (typeof value === "string") return BigInt([...value].length);
  if (value instanceof Uint8Array || isList(value)) return BigInt(value.length);
  if (isMap(value)) return BigInt(value.size);
  throw noOverload();
}

const SECOND = 1_000_000_000n;

function doubleToUint(value: number): Uint {
  if (!(value > -1 && value < 2 ** 64)) throw overflow("unsigned integer");
  return new Uint(BigInt(Math.trunc(value)));
}

function doubleToInt(value: number): bigint {
  if (!Number.isFinite(value) || Math.abs(value) >= 2 ** 63) throw new CelError("integer overflow");
  return BigInt(Math.trunc(value));
}

function textToInt(value: string): bigint {
  const parsed = /^[+-]?\d+$/.test(value) ? BigInt(value.replace(/^\+/, "")) : undefined;
  if (parsed === undefined || BigInt.asIntN(64, parsed) !== parsed) throw noConversion("int");
  return parsed;
}

function textToUint(value: string): Uint {
  const parsed = /^\d+$/.test(value) ? BigInt(value) : undefined;
  if (parsed === undefined || BigInt.asUintN(64, parsed) !== parsed) throw noConversion("uint");
  return new Uint(parsed);
}

function textToDouble(value: string): number {
  const isNumber = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(value);
  if (isNumber && Number.isFinite(Number(value))) return Number(value);
  if (/^[+-]?inf(?:inity)?$/i.test(value)) return value.startsWith("-") ? -Infinity : Infinity;
  if (/^nan$/i.test(value)) return Number.NaN;
  throw noConversion("double");
}

/** A double as Go's `%g` writes it. */
export function doubleText(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  const exponent = value === 0 ? 0 : Math.floor(Math.log10(Math.abs(value)));
  if (exponent >= -4 && exponent < 21) return String(value);
  return value.toExponential().replace(/e([+-])(\d)$/, "e$10$2");
}

function decodeUtf8(bytes: CelValue | undefined): string {
  if (!(bytes instanceof Uint8Array)) throw noOverload();
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new CelError("invalid UTF-8 in bytes, cannot convert to string");
  }
}

const time = (value: CelValue | undefined): Timestamp => {
  if (value instanceof Timestamp) return value;
  throw noOverload();
};

const length = (value: CelValue | undefined): Duration => {
  if (value instanceof Duration) return value;
  throw noOverload();
};

function textToBool(value: string): boolean {
  if (["1", "t", "T", "TRUE", "true", "True"].includes(value)) return true;
  if (["0", "f", "F", "FALSE", "false", "False"].includes(value)) return false;
  throw noConversion("bool");
}

/** The functions of the language itself. */
export const STANDARD: readonly Overload[] = [
  ...["bytes", "list<A>", "map<A, B>", "string"].flatMap((type) => [
    define(`size(${type}): int`, (value = null) => sizeOf(value)),
    define(`${type}.size(): int`, (value = null) => sizeOf(value)),
  ]),
  define("type(A): type<A>", (value = null) => new TypeValue(runtimeName(value))),
  define("dyn(A): dyn", (value = null) => value),
  define("int(int): int", (value = null) => value),
  define("int(double): int", (value) => doubleToInt(Number(value))),
  define("int(duration): int", (value) => length(value).nanos),
  define("int(string): int", (value) => textToInt(text(value))),
  define("int(timestamp): int", (value) => floorDivide(time(value).nanos, SECOND)),
  define("int(uint): int", (value) => toInt(value instanceof Uint ? value.value : 0n)),
  define("uint(uint): uint", (value = null) => value),
  define("uint(double): uint", (value) => doubleToUint(Number(value))),
  define("uint(int): uint", (value) => toUint(int(value))),
  define("uint(string): uint", (value) => textToUint(text(value))),
  define("double(double): double", (value = null) => value),
  define("double(int): double", (value) => Number(int(value))),
  define("double(string): double", (value) => textToDouble(text(value))),
  define("double(uint): double", (value) => Number(value instanceof Uint ? value.value : 0n)),
  define("string(string): string", (value = null) => value),
  define("string(bool): string", String),
  define("string(bytes): string", decodeUtf8),
  define("string(double): string", (value) => doubleText(Number(value))),
  define("string(duration): string", (value) => durationText(length(value))),
  define("string(int): string", String),
  define("string(timestamp): string", (value) => timestampText(time(value))),
  define("string(uint): string", (value) => String(value instanceof Uint ? value.value : "")),
  define("bytes(bytes): bytes", (value = null) => value),
  define("bytes(string): bytes", (value) => new TextEncoder().encode(text(value))),
  define("bool(bool): bool", (value = null) => value),
  define("bool(string): bool", (value) => textToBool(text(value))),
  define("timestamp(timestamp): timestamp", (value = null) => value),
  define("timestamp(int): timestamp", (value) => toTimestamp(int(value) * SECOND)),
  define("timestamp(string): timestamp", (value) => parseTimestamp(text(value))),
  define("duration(duration): duration", (value = null) => value),
  define("duration(int): duration", () => {
    throw new CelError("type conversion error from 'int' to 'google.protobuf.Duration'");
  }),
  define("duration(string): duration", (value) => parseDuration(text(value))),
  define("string.contains(string): bool", (value, part) => text(value).includes(text(part))),
  define("string.startsWith(string): bool", (value, part) => text(value).startsWith(text(part))),
  define("string.endsWith(string): bool", (value, part) => text(value).endsWith(text(part))),
  define("string.matches(string): bool", (value, source) =>
    pattern(text(source)).test(text(value)),
  ),
  define("matches(string, string): bool", (value, source) =>
    pattern(text(source)).test(text(value)),
  ),
];

function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b < 0n ? quotient - 1n : quotient;
}
