import { jsonText } from "#lib/json-text.ts";
import { isJsonObject, type JsonObject } from "../codec/json-value.ts";

/** The element of a field of a struct or a key of a map. */
export const fieldElement = (name: string): string => `f:${name}`;
/** The element of a value of a set. */
export const valueElement = (value: unknown): string => `v:${goJson(value)}`;

/** The element of a list entry that its keys tell from the others. */
export function keyElement(keys: readonly (readonly [name: string, value: unknown])[]): string {
  const sorted = keys.length < 2 ? keys : [...keys].sort(([a], [b]) => (a < b ? -1 : 1));
  return `k:{${sorted.map(([name, value]) => `"${name}":${goJson(value)}`).join(",")}}`;
}

/**
 * An element as this server writes it, of what a client wrote; undefined for kinds of elements that
 * nobody knows yet.
 * @throws Error for a text that is no element.
 */
export function canonicalElement(text: string): string | undefined {
  if (text.length < 2) throw new Error("key must be 2 characters long:");
  if (text[1] !== ":") throw new Error(`missing colon: ${text}`);
  const rest = text.slice(2);
  switch (text.charAt(0)) {
    case "f":
      return text;
    case "v":
      return /^-?\d+$/.test(rest) ? text : valueElement(JSON.parse(rest));
    case "k": {
      const keys: unknown = JSON.parse(rest);
      if (!isJsonObject(keys)) throw new Error(`not a map of keys: ${text}`);
      return keyElement(Object.entries(keys));
    }
    case "i":
      if (!/^[+-]?\d+$/.test(rest)) throw new Error(`not an index: ${text}`);
      return `i:${Number(rest)}`;
    default:
      return undefined;
  }
}

/** A path as error messages show it: `.spec.containers[name="web"].image`. */
export function pathText(path: readonly string[]): string {
  return path.map(elementText).join("");
}

/** One step of `pathText`. */
export function elementText(element: string): string {
  const rest = element.slice(2);
  switch (element.charAt(0)) {
    case "f":
      return `.${rest}`;
    case "k": {
      const keys = Object.entries(JSON.parse(rest) as JsonObject);
      return `[${keys.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(",")}]`;
    }
    case "v":
      return `[=${rest}]`;
    default:
      return `[${rest}]`;
  }
}

/** The order in which Kubernetes goes through a set: fields, keys, values, indexes. */
export function compareElements(a: string, b: string): number {
  const [x, y] = [orderOf(a), orderOf(b)];
  if (x !== y) return x - y;
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

const orderOf = (element: string): number => "fkvi".indexOf(element[0] ?? "");

const ESCAPED = /[<>&\u2028\u2029]/;

/** JSON as Go writes it: safe inside HTML. */
function goJson(value: unknown): string {
  const text = jsonText(value);
  if (!ESCAPED.test(text)) return text;
  return text.replaceAll(
    new RegExp(ESCAPED, "g"),
    (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
