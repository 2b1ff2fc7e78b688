import { BEFORE, type CelFault } from "../compile-error.ts";
import { ESCAPED } from "../lexer.ts";
import { type SyntaxToken, TOKEN_NAMES, type TokenKind } from "./tokens.ts";

/** What may become an escape, were the text longer. */
const CUT_ESCAPE = "\\\\(?:[0-3][0-7]?|[xX][\\da-fA-F]?|u[\\da-fA-F]{0,3}|U[\\da-fA-F]{0,7})?";
const TEXT = [
  `"(?:${ESCAPED}|[^\\\\"\\n\\r])*"`,
  `'(?:${ESCAPED}|[^\\\\'\\n\\r])*'`,
  `"""(?:${ESCAPED}|[^\\\\])*?"""`,
  `'''(?:${ESCAPED}|[^\\\\])*?'''`,
  `[rR]"[^"\\n\\r]*"`,
  `[rR]'[^'\\n\\r]*'`,
  `[rR]"""[\\s\\S]*?"""`,
  `[rR]'''[\\s\\S]*?'''`,
];
const EXPONENT = "[eE][+-]?\\d+";

const pattern = (source: string): RegExp => new RegExp(source, "uy");
const unquoted = (name: string): string => name.slice(1, -1).replace(/[[\]{}().?+*|/]/g, "\\$&");

/** The longest match makes the token; of two of one length, the first of this list. */
const RULES: readonly (readonly [TokenKind, RegExp])[] = [
  ...TOKEN_NAMES.filter((name) => name.startsWith("'")).map(
    (name) => [name, pattern(unquoted(name))] as const,
  ),
  ["WHITESPACE", pattern("[\\t \\r\\n\\f]+")],
  ["COMMENT", pattern("//[^\\n]*")],
  ["NUM_FLOAT", pattern(`\\d+\\.\\d+(?:${EXPONENT})?`)],
  ["NUM_FLOAT", pattern(`\\d+${EXPONENT}`)],
  ["NUM_FLOAT", pattern(`\\.\\d+(?:${EXPONENT})?`)],
  ["NUM_INT", pattern("0x[\\da-fA-F]+")],
  ["NUM_INT", pattern("\\d+")],
  ["NUM_UINT", pattern("0x[\\da-fA-F]+[uU]")],
  ["NUM_UINT", pattern("\\d+[uU]")],
  ...TEXT.map((text) => ["STRING", pattern(text)] as const),
  ...TEXT.map((text) => ["BYTES", pattern(`[bB]${text}`)] as const),
  ["IDENTIFIER", pattern("[A-Za-z_][A-Za-z\\d_]*")],
  ["ESC_IDENTIFIER", pattern("`[A-Za-z\\d_.\\-/ ]+`")],
];

/** How far a text that is no token could still have become one. */
const BEGINNINGS: readonly RegExp[] = [
  pattern(`"(?:${ESCAPED}|[^\\\\"\\n\\r])*(?:${CUT_ESCAPE})?`),
  pattern(`'(?:${ESCAPED}|[^\\\\'\\n\\r])*(?:${CUT_ESCAPE})?`),
  pattern("`[A-Za-z\\d_.\\-/ ]*"),
  pattern("[=&|]"),
];

/** The tokens of a text, its end last, and what of it is none: each time up to the character that cannot be. */
export function scan(source: string): {
  readonly tokens: readonly SyntaxToken[];
  readonly faults: readonly CelFault[];
} {
  const tokens: SyntaxToken[] = [];
  const faults: CelFault[] = [];
  let at = 0;
  while (at < source.length) {
    const found = longest(source, at);
    if (found) {
      tokens.push({ ...found, at, index: tokens.length });
      at += found.text.length;
      continue;
    }
    const text = unreadable(source, at);
    faults.push({ problem: `Syntax error: token recognition error at: '${text}'`, at });
    at += text.length;
  }
  const end = source === "" ? BEFORE : at;
  return {
    tokens: [...tokens, { kind: "<EOF>", text: "<EOF>", at: end, index: tokens.length }],
    faults,
  };
}

function longest(source: string, at: number): Pick<SyntaxToken, "kind" | "text"> | undefined {
  let best: Pick<SyntaxToken, "kind" | "text"> | undefined;
  for (const [kind, rule] of RULES) {
    const text = matchAt(rule, source, at);
    if (text !== undefined && text.length > (best?.text.length ?? 0)) best = { kind, text };
  }
  return best;
}

function unreadable(source: string, at: number): string {
  const lengths = BEGINNINGS.map((one) => matchAt(one, source, at)?.length ?? 0);
  const end = at + Math.max(...lengths);
  const wrong = source.codePointAt(end);
  return source.slice(at, end) + (wrong === undefined ? "" : String.fromCodePoint(wrong));
}

function matchAt(rule: RegExp, source: string, at: number): string | undefined {
  rule.lastIndex = at;
  return rule.exec(source)?.[0];
}
