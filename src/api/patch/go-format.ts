import { jsonText } from "#lib/json-text.ts";
import { goKindOf } from "../codec/go-types.ts";

/** A JSON value, where objects may be Maps. */
type Printed = unknown;

function entriesOf(value: object): [string, Printed][] {
  const entries: [string, Printed][] =
    value instanceof Map ? [...value.entries()] : Object.entries(value);
  return entries.sort(([a], [b]) => (a < b ? -1 : 1));
}

/** How Go prints what is no list and no map, and is not nothing. */
type FormatScalar = (value: Printed) => string;

function format(value: Printed, scalar: FormatScalar): string {
  if (value === null || value === undefined) return "<nil>";
  if (Array.isArray(value)) return `[${value.map((each) => format(each, scalar)).join(" ")}]`;
  if (typeof value !== "object") return scalar(value);
  const entries = entriesOf(value).map(([key, child]) => `${key}:${format(child, scalar)}`);
  return `map[${entries.join(" ")}]`;
}

/** A number as `%v` prints it: whole ones in full, others shortest, with an exponent of two digits. */
function formatNumber(value: number): string {
  const size = Math.abs(value);
  if (Number.isInteger(value) ? size < 1e21 : size >= 1e-4) return String(value);
  const [digits, exponent = ""] = value.toExponential().split("e");
  return `${digits}e${exponent.slice(0, 1)}${exponent.slice(1).padStart(2, "0")}`;
}

function formatScalar(value: Printed): string {
  return typeof value === "number" ? formatNumber(value) : String(value);
}

function formatAsText(value: Printed): string {
  if (typeof value === "string") return value;
  return `%!s(${goTypeOf(value)}=${formatScalar(value)})`;
}

/** A JSON value as Go prints it with `%v`: `map[name:web ports:[80 81]]`. */
export function goFormat(value: Printed): string {
  return format(value, formatScalar);
}

/** A JSON value as Go prints it with `%s`, which is meant for texts alone: `%!s(int64=1)`. */
export function goFormatText(value: Printed): string {
  return value === null ? "%!s(<nil>)" : format(value, formatAsText);
}

/** A JSON value with all keys in the order in which Go writes those of a map. */
export function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(entriesOf(value).map(([key, child]) => [key, sorted(child)]));
}

/** JSON as Go writes a map: its keys in order, and nothing in it that HTML could take for its own. */
export function goJson(value: unknown): string {
  return jsonText(sorted(value)).replaceAll(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** The Go type that a JSON value is decoded to where nothing says what it is. */
export function goTypeOf(value: Printed): string {
  if (value === null || value === undefined) return "%!s(<nil>)";
  const kind = goKindOf(value);
  if (kind === "slice") return "[]interface {}";
  return kind === "map" ? "map[string]interface {}" : kind;
}
