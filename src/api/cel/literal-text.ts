import { type CelValue, Uint } from "./values.ts";

const MAX_UINT = 2n ** 64n - 1n;

/** A literal's value, or what is wrong with one that the grammar allows. */
export type Literal = { readonly value: CelValue } | { readonly problem: string };

export type LiteralKind =
  | "bytes"
  | "double"
  | "false"
  | "int"
  | "null"
  | "string"
  | "true"
  | "uint";

const READERS: Readonly<Record<LiteralKind, (text: string) => Literal>> = {
  int: (text) => {
    const value = text.startsWith("-") ? -BigInt(text.slice(1)) : BigInt(text);
    return BigInt.asIntN(64, value) === value ? { value } : { problem: "invalid int literal" };
  },
  uint: (text) => {
    const value = BigInt(text.slice(0, -1));
    return value > MAX_UINT ? { problem: "invalid uint literal" } : { value: new Uint(value) };
  },
  double: (text) => {
    const value = Number(text);
    return Number.isFinite(value) ? { value } : { problem: "invalid double literal" };
  },
  string: (text) => {
    const { body, isRaw } = quotedBody(text);
    return isRaw ? { value: body } : unescapeText(body);
  },
  bytes: (text) => {
    const { body, isRaw } = quotedBody(text.slice(1));
    return isRaw ? { value: new TextEncoder().encode(body) } : unescapeBytes(body);
  },
  true: () => ({ value: true }),
  false: () => ({ value: false }),
  null: () => ({ value: null }),
};

/** Reads a literal of a kind, with the minus before a number. */
export function readLiteral(kind: LiteralKind, text: string): Literal {
  return READERS[kind](text);
}

function quotedBody(text: string): { readonly body: string; readonly isRaw: boolean } {
  const isRaw = /^r/i.test(text);
  const quoted = text.slice(isRaw ? 1 : 0).replace(/\r\n?/g, "\n");
  const quotes = /^("""|''')/.test(quoted) && quoted.length >= 6 ? 3 : 1;
  return { body: quoted.slice(quotes, -quotes), isRaw };
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

const ESCAPE =
  /\\(?:[xX]([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|([0-3][0-7]{2})|([\s\S]))/g;

const plainEscape = (char: string): string => ESCAPES[char] ?? char;

function unescapeText(text: string): Literal {
  let out = "";
  let last = 0;
  for (const match of text.matchAll(ESCAPE)) {
    const [whole, x, u, long, octal, char = ""] = match;
    const hex = x ?? u ?? long;
    out += text.slice(last, match.index);
    last = match.index + whole.length;
    const code = hex === undefined ? Number.parseInt(octal ?? "", 8) : Number.parseInt(hex, 16);
    if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
      return { problem: "invalid unicode code point" };
    out += Number.isNaN(code) ? plainEscape(char) : String.fromCodePoint(code);
  }
  return { value: out + text.slice(last) };
}

function unescapeBytes(text: string): Literal {
  const bytes: number[] = [];
  let last = 0;
  for (const match of text.matchAll(ESCAPE)) {
    const [whole, x, u, long, octal, char = ""] = match;
    bytes.push(...Buffer.from(text.slice(last, match.index)));
    last = match.index + whole.length;
    if (u ?? long) return { problem: "unable to unescape string" };
    if (x !== undefined) bytes.push(Number.parseInt(x, 16));
    else if (octal !== undefined) bytes.push(Number.parseInt(octal, 8));
    else bytes.push(...Buffer.from(plainEscape(char)));
  }
  return { value: new Uint8Array([...bytes, ...Buffer.from(text.slice(last))]) };
}
