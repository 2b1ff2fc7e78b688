import { Quantity } from "../quantity.ts";
import type { Scalar } from "../schema.ts";
import { DecodeError } from "./decode-error.ts";
import { parseGoTime } from "./go-time.ts";
import { isWhole } from "./whole-number.ts";

/** The value has another JSON type than the scalar. */
export const MISMATCH = Symbol("mismatch");

/** What is a time as it stands, whatever its month. */
const CANONICAL_TIME =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3])(?::[0-5]\d){2}(?:\.(\d+))?Z$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const MAX_INT32 = 2 ** 31;

const isInt32 = (value: unknown): value is number =>
  Number.isInteger(value) && Number(value) >= -MAX_INT32 && Number(value) < MAX_INT32;

/** RFC 3339 in UTC with as many fraction digits as the type keeps. */
function readTime(text: string, fractionDigits: number): string {
  const canonical = CANONICAL_TIME.exec(text);
  if (canonical && (canonical[1] ?? "").length === fractionDigits) return text;
  const { seconds, fraction } = parseGoTime(text, fractionDigits);
  return `${seconds}${fractionDigits > 0 ? `.${fraction}` : ""}Z`;
}

function readBytes(text: string): string {
  const plain = /[\r\n]/.test(text) ? text.replaceAll(/[\r\n]/g, "") : text;
  if (BASE64.test(plain)) return plain;
  const readable = /^(?:[A-Za-z0-9+/]{4})*/.exec(plain)?.[0].length ?? 0;
  const wrong = /[^A-Za-z0-9+/=]/.exec(plain)?.index ?? readable;
  throw new DecodeError(`illegal base64 data at input byte ${wrong}`);
}

function readQuantity(value: string | number | bigint): string {
  try {
    const given = typeof value === "bigint" ? String(value) : value;
    return Quantity.parse(given).toString();
  } catch (error) {
    throw new DecodeError(error instanceof Error ? error.message : String(error));
  }
}

type Readers<T> = Readonly<Partial<Record<Scalar, (value: T) => unknown>>>;

const mismatch = (): unknown => MISMATCH;
const asIs = (text: string): unknown => text;

const FROM_STRING: Readers<string> = {
  bytes: readBytes,
  duration: asIs,
  intOrString: asIs,
  microTime: (text) => readTime(text, 6),
  quantity: readQuantity,
  string: asIs,
  time: (text) => readTime(text, 0),
};

const asInt32 = (value: number | bigint): unknown => (isInt32(value) ? value : MISMATCH);

const FROM_NUMBER: Readers<number | bigint> = {
  double: Number,
  int32: asInt32,
  int64: (value) => (isWhole(value) ? value : MISMATCH),
  intOrString: asInt32,
  quantity: readQuantity,
};

/**
 * A JSON value as Go would write it back: times in UTC, quantities canonical. `MISMATCH` is a value
 * of another JSON type.
 *
 * @throws DecodeError
 */
export function readScalar(scalar: Scalar, value: unknown): unknown {
  if (scalar === "raw" || scalar === "json" || scalar === "fields") return structuredClone(value);
  if (typeof value === "string") return (FROM_STRING[scalar] ?? mismatch)(value);
  if (typeof value === "number" || typeof value === "bigint")
    return (FROM_NUMBER[scalar] ?? mismatch)(value);
  if (scalar === "quantity") return readQuantity(JSON.stringify(value));
  if (typeof value === "boolean")
    return scalar === "bool" || scalar === "schemaOrBool" ? value : MISMATCH;
  return MISMATCH;
}

/** What a `null` stands for where Go has no pointer: as list element, as map value. */
export function zeroOf(scalar: Scalar): unknown {
  switch (scalar) {
    case "bool":
      return false;
    case "double":
    case "int32":
    case "int64":
    case "intOrString":
      return 0;
    case "quantity":
      return "0";
    case "json":
    case "raw":
    case "schemaOrArray":
    case "schemaOrBool":
    case "schemaOrStrings":
    case "fields":
    case "time":
    case "microTime":
      return null;
    case "bytes":
    case "duration":
    case "string":
      return "";
  }
}
