import { CelCompileError } from "./errors.ts";
import { type CelValue, Uint } from "./values.ts";

export type Token =
  | { readonly kind: "end" | "operator"; readonly text: string; readonly at: number }
  | { readonly kind: "name"; readonly text: string; readonly at: number; readonly quoted?: true }
  | {
      readonly kind: "literal";
      readonly text: string;
      readonly value: CelValue;
      readonly at: number;
    };

const MAX_INT = 2n ** 63n - 1n;
const MAX_UINT = 2n ** 64n - 1n;

const SPACE = /(?:[\s]|\/\/[^\n]*)*/y;
const NAME = /[A-Za-z_]\w*/y;
const QUOTED_NAME = /`[\w.\-/ ]+`/y;
const NUMBER =
  /0x[0-9A-Fa-f]+u?|(?:\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\.\d+(?:[eE][+-]?\d+)?)|\d+u?/iy;
const STRING =
  /([rR]?[bB]?|[bB]?[rR]?)("""(?:[^\\]|\\[\s\S])*?"""|'''(?:[^\\]|\\[\s\S])*?'''|"(?:[^"\\\r\n]|\\.)*"|'(?:[^'\\\r\n]|\\.)*')/y;
const OPERATOR = /&&|\|\||==|!=|<=|>=|\.\?|\[\?|[-+*/%!<>?:.,()[\]{}]/y;

const ESCAPES: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

/** How a token begins: the first pattern that matches makes it. */
const READERS: readonly (readonly [RegExp, (match: RegExpExecArray, place: Place) => Token])[] = [
  [
    STRING,
    (match, place) => ({
      kind: "literal",
      text: match[0],
      value: stringValue(match, place),
      at: place.at,
    }),
  ],
  [NAME, ([text], { at }) => wordOf(text, at)],
  [QUOTED_NAME, ([text], { at }) => ({ kind: "name", text: text.slice(1, -1), at, quoted: true })],
  [
    NUMBER,
    ([text], place) => ({ kind: "literal", text, value: numberValue(text, place), at: place.at }),
  ],
  [OPERATOR, ([text], { at }) => ({ kind: "operator", text, at })],
];

/** Splits an expression; the last token is its end. */
export function tokenize(source: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    SPACE.lastIndex = at;
    at += SPACE.exec(source)?.[0].length ?? 0;
    if (at >= source.length) return [...tokens, { kind: "end", text: "<EOF>", at }];
    const token = readToken({ source, at }, follows(tokens));
    tokens.push(token);
    at += token.kind === "name" && token.quoted ? token.text.length + 2 : token.text.length;
  }
}

function readToken(place: Place, isSelected: boolean): Token {
  for (const [pattern, make] of READERS) {
    if (pattern === NUMBER && isSelected) continue;
    pattern.lastIndex = place.at;
    const match = pattern.exec(place.source);
    if (match) return make(match, place);
  }
  const shown = JSON.stringify(place.source[place.at]).slice(1, -1);
  throw new CelCompileError(`Syntax error: token recognition error at: '${shown}'`, place);
}

/** A dot after a value selects a field; it does not begin a number. */
function follows(tokens: readonly Token[]): boolean {
  const last = tokens.at(-1);
  return last?.kind === "operator" && last.text === ".";
}

function wordOf(text: string, at: number): Token {
  if (text === "true" || text === "false")
    return { kind: "literal", text, value: text === "true", at };
  if (text === "null") return { kind: "literal", text, value: null, at };
  return { kind: "name", text, at };
}

interface Place {
  readonly source: string;
  readonly at: number;
}

function numberValue(text: string, place: Place): CelValue {
  const isHex = /^0x/i.test(text);
  if (!isHex && /[.eE]/.test(text)) return Number(text);
  const isUnsigned = /u$/i.test(text);
  const value = BigInt(isUnsigned ? text.slice(0, -1) : text);
  // One more may stand after a minus.
  if (value > (isUnsigned ? MAX_UINT : MAX_INT + 1n))
    throw new CelCompileError(`invalid ${isUnsigned ? "uint" : "int"} literal`, place);
  return isUnsigned ? new Uint(value) : value;
}

function stringValue([, prefix = "", body = ""]: RegExpExecArray, place: Place): CelValue {
  const quotes = /^("""|''')/.test(body) ? 3 : 1;
  const text = body.slice(quotes, -quotes);
  const isRaw = /r/i.test(prefix);
  if (!/b/i.test(prefix)) return isRaw ? text : unescapeText(text, place);
  return isRaw ? new TextEncoder().encode(text) : unescapeBytes(text, place);
}

const ESCAPE =
  /\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|([0-3][0-7]{2})|([\s\S]))/g;

function unescapeText(text: string, place: Place): string {
  let out = "";
  let last = 0;
  for (const match of text.matchAll(ESCAPE)) {
    const [whole, x, u, long, octal, char = ""] = match;
    const hex = x ?? u ?? long;
    out += text.slice(last, match.index);
    last = match.index + whole.length;
    if (hex !== undefined) out += String.fromCodePoint(Number.parseInt(hex, 16));
    else if (octal !== undefined) out += String.fromCodePoint(Number.parseInt(octal, 8));
    else out += plainEscape(char, place);
  }
  return out + text.slice(last);
}

function unescapeBytes(text: string, place: Place): Uint8Array {
  const bytes: number[] = [];
  let last = 0;
  for (const match of text.matchAll(ESCAPE)) {
    const [whole, x, u, long, octal, char = ""] = match;
    bytes.push(...Buffer.from(text.slice(last, match.index)));
    last = match.index + whole.length;
    if (u ?? long) throw new CelCompileError("unable to unescape string", place);
    if (x !== undefined) bytes.push(Number.parseInt(x, 16));
    else if (octal !== undefined) bytes.push(Number.parseInt(octal, 8));
    else bytes.push(...Buffer.from(plainEscape(char, place)));
  }
  return new Uint8Array([...bytes, ...Buffer.from(text.slice(last))]);
}

function plainEscape(char: string, place: Place): string {
  const escaped = ESCAPES[char];
  if (escaped !== undefined) return escaped;
  if (/[\\'"`?]/.test(char)) return char;
  throw new CelCompileError("unable to unescape string", place);
}
