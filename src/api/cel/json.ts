import { durationText, timestampText } from "./library/time-text.ts";
import {
  type CelValue,
  Duration,
  isList,
  isMap,
  Optional,
  StructValue,
  Timestamp,
  Uint,
} from "./values.ts";

/**
 * A value of an expression as JSON, as protobuf's `Value` has it.
 * @throws TypeError for what JSON cannot say: types, addresses, an optional without a value.
 */
export function jsonOf(value: CelValue): unknown {
  if (value === null || typeof value === "boolean" || typeof value === "string") return value;
  if (typeof value === "number") return value;
  if (typeof value === "bigint") return numberOf(value);
  if (value instanceof Uint) return numberOf(value.value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (value instanceof Duration) return durationText(value);
  if (value instanceof Timestamp) return timestampText(value);
  if (value instanceof Optional && value.value !== undefined) return jsonOf(value.value);
  if (isList(value)) return value.map(jsonOf);
  if (!isMap(value)) throw new TypeError("the value could not be marshalled to JSON");
  const entries = value.keys().map((key) => [String(key), jsonOf(value.get(key) ?? null)] as const);
  return Object.fromEntries(entries);
}

const numberOf = (value: bigint): number | bigint =>
  Number.isSafeInteger(Number(value)) ? Number(value) : value;

/**
 * Where a value that was written as a type of fields is of another type than its place says:
 * `Object.spec{}` belongs to the field `spec` of `Object`.
 */
export function misnamed(value: CelValue, expected: string): string | undefined {
  if (isList(value)) return firstOf(value.map((element) => misnamed(element, expected)));
  if (!(value instanceof StructValue)) return undefined;
  if (value.typeName !== expected)
    return `unexpected type name ${JSON.stringify(value.typeName)}, expected ${JSON.stringify(expected)}, which matches field name path from root Object type`;
  return firstOf(
    value.keys().map((key) => misnamed(value.get(key) ?? null, `${expected}.${String(key)}`)),
  );
}

const firstOf = (found: readonly (string | undefined)[]): string | undefined =>
  found.find((one) => one !== undefined);
