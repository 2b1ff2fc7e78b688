import { CelError } from "../errors.ts";
import { define, type Overload } from "../functions.ts";
import { formatText } from "./format-text.ts";
import { int, list, pattern, text } from "./standard.ts";

/** Strings are sequences of code points. */
const points = (value: string): string[] => [...value];

function charAt(value: string, index: bigint): string {
  const chars = points(value);
  if (index < 0n || index > chars.length) throw new CelError(`index out of range: ${index}`);
  return chars[Number(index)] ?? "";
}

function indexOf(value: string, part: string, from: bigint): bigint {
  const chars = points(value);
  if (from < 0n || from > chars.length) throw new CelError(`index out of range: ${from}`);
  const head = chars.slice(0, Number(from)).join("").length;
  const found = value.indexOf(part, head);
  return found < 0 ? -1n : BigInt(points(value.slice(0, found)).length);
}

function lastIndexOf(value: string, part: string, from?: bigint): bigint {
  const chars = points(value);
  if (from !== undefined && (from < 0n || from >= chars.length))
    throw new CelError(`index out of range: ${from}`);
  const limit = from === undefined ? value.length : chars.slice(0, Number(from)).join("").length;
  const found = value.lastIndexOf(part, limit);
  return found < 0 ? -1n : BigInt(points(value.slice(0, found)).length);
}

function substring(value: string, from: bigint, to?: bigint): string {
  const chars = points(value);
  const end = to ?? BigInt(chars.length);
  if (from < 0n || from > chars.length) throw new CelError(`index out of range: ${from}`);
  if (end < 0n || end > chars.length) throw new CelError(`index out of range: ${end}`);
  if (from > end) throw new CelError(`invalid substring range. start: ${from}, end: ${end}`);
  return chars.slice(Number(from), Number(end)).join("");
}

function replace(value: string, [old, next]: readonly [string, string], limit: bigint): string {
  if (limit === 0n) return value;
  const parts = value.split(old === "" ? /(?:)/u : old);
  const count = limit < 0n ? parts.length - 1 : Math.min(Number(limit), parts.length - 1);
  const kept = parts.slice(count).join(old);
  return [...parts.slice(0, count), kept].join(next);
}

function split(value: string, separator: string, limit: bigint): string[] {
  if (limit === 0n) return [];
  const parts = separator === "" ? points(value) : value.split(separator);
  if (limit < 0n || parts.length <= limit) return parts;
  const kept = parts.slice(0, Number(limit) - 1);
  return [...kept, parts.slice(Number(limit) - 1).join(separator)];
}

const ascii = (value: string, change: (char: string) => string): string =>
  value.replaceAll(/[A-Za-z]/g, change);

function find(value: string, source: string): string {
  return pattern(source).exec(value)?.[0] ?? "";
}

function findAll(value: string, source: string, limit?: bigint): string[] {
  const found = [...value.matchAll(new RegExp(pattern(source), "gu"))].map(([match]) => match);
  return limit === undefined || limit < 0n ? found : found.slice(0, Number(limit));
}

const ESCAPES: Readonly<Record<string, string>> = {
  "\x07": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  "\\": "\\\\",
  '"': '\\"',
};

function quote(value: string): string {
  const escaped = points(value.toWellFormed()).map((char) => ESCAPES[char] ?? char);
  return `"${escaped.join("")}"`;
}

/** cel-go's strings extension, and Kubernetes' `find` and `findAll`. */
export const STRINGS: readonly Overload[] = [
  define("string.charAt(int): string", (value, index) => charAt(text(value), int(index))),
  define("string.indexOf(string): int", (value, part) => indexOf(text(value), text(part), 0n)),
  define("string.indexOf(string, int): int", (value, part, from) =>
    indexOf(text(value), text(part), int(from)),
  ),
  define("string.lastIndexOf(string): int", (value, part) => lastIndexOf(text(value), text(part))),
  define("string.lastIndexOf(string, int): int", (value, part, from) =>
    lastIndexOf(text(value), text(part), int(from)),
  ),
  define("string.lowerAscii(): string", (value) =>
    ascii(text(value), (char) => char.toLowerCase()),
  ),
  define("string.upperAscii(): string", (value) =>
    ascii(text(value), (char) => char.toUpperCase()),
  ),
  define("string.replace(string, string): string", (value, old, next) =>
    replace(text(value), [text(old), text(next)], -1n),
  ),
  define("string.replace(string, string, int): string", (value, ...args) =>
    replace(text(value), [text(args[0]), text(args[1])], int(args[2])),
  ),
  define("string.split(string): list<string>", (value, separator) =>
    split(text(value), text(separator), -1n),
  ),
  define("string.split(string, int): list<string>", (value, separator, limit) =>
    split(text(value), text(separator), int(limit)),
  ),
  define("string.substring(int): string", (value, from) => substring(text(value), int(from))),
  define("string.substring(int, int): string", (value, from, to) =>
    substring(text(value), int(from), int(to)),
  ),
  define("string.trim(): string", (value) => text(value).trim()),
  define("list<string>.join(): string", (value) => list(value).map(text).join("")),
  define("list<string>.join(string): string", (value, separator) =>
    list(value).map(text).join(text(separator)),
  ),
  define("string.format(list<dyn>): string", (value, args) => formatText(text(value), list(args))),
  define("strings_quote(string): string", (value) => quote(text(value))),
  define("string.find(string): string", (value, source) => find(text(value), text(source))),
  define("string.findAll(string): list<string>", (value, source) =>
    findAll(text(value), text(source)),
  ),
  define("string.findAll(string, int): list<string>", (value, source, limit) =>
    findAll(text(value), text(source), int(limit)),
  ),
];
