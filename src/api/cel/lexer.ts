import type { LiteralKind } from "./literal-text.ts";

export interface Token {
  readonly kind: LiteralKind | "end" | "name" | "operator";
  readonly text: string;
  readonly at: number;
}

const SPACE = /(?:[\t \r\n\f]|\/\/[^\n]*)*/y;
const NAME = /[A-Za-z_][A-Za-z\d_]*/y;
/** An escape in a text, as part of a pattern. */
export const ESCAPED =
  "\\\\(?:[abfnrtv\"'\\\\?`]|[0-3][0-7]{2}|[xX][\\da-fA-F]{2}|u[\\da-fA-F]{4}|U[\\da-fA-F]{8})";
const TEXT = [
  `"""(?:${ESCAPED}|[^\\\\])*?"""`,
  `'''(?:${ESCAPED}|[^\\\\])*?'''`,
  `"(?:${ESCAPED}|[^"\\\\\\r\\n])*"`,
  `'(?:${ESCAPED}|[^'\\\\\\r\\n])*'`,
  `[rR](?:"""[^]*?"""|'''[^]*?'''|"[^"\\r\\n]*"|'[^'\\r\\n]*')`,
].join("|");

/** How a token begins: the first pattern that matches makes it. */
const READERS: readonly (readonly [Token["kind"], RegExp])[] = [
  ["string", new RegExp(TEXT, "y")],
  ["bytes", new RegExp(`[bB](?:${TEXT})`, "y")],
  ["name", NAME],
  ["double", /\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\.\d+(?:[eE][+-]?\d+)?/y],
  ["uint", /(?:0x[\dA-Fa-f]+|\d+)[uU]/y],
  ["int", /0x[\dA-Fa-f]+|\d+/y],
  ["operator", /&&|\|\||==|!=|<=|>=|[-+*/%!<>?:.,()[\]{}]/y],
];

/** Splits an expression; the last token is its end. Undefined where a piece of it is no token. */
export function tokenize(source: string): readonly Token[] | undefined {
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    SPACE.lastIndex = at;
    at += SPACE.exec(source)?.[0].length ?? 0;
    if (at >= source.length) return [...tokens, { kind: "end", text: "<EOF>", at }];
    const token = readToken(source, at);
    if (token === undefined) return undefined;
    tokens.push(token);
    at += token.text.length;
  }
}

function readToken(source: string, at: number): Token | undefined {
  for (const [kind, pattern] of READERS) {
    pattern.lastIndex = at;
    const text = pattern.exec(source)?.[0];
    if (text !== undefined) return { kind: kind === "name" ? kindOfWord(text) : kind, text, at };
  }
  return undefined;
}

function kindOfWord(word: string): Token["kind"] {
  if (word === "true" || word === "false" || word === "null") return word;
  return word === "in" ? "operator" : "name";
}
