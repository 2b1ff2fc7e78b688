/** What the parser is told of the text, in the order in which cel-go numbers its tokens: messages list them so. */
export const TOKEN_NAMES = [
  "'=='",
  "'!='",
  "'in'",
  "'<'",
  "'<='",
  "'>='",
  "'>'",
  "'&&'",
  "'||'",
  "'['",
  "']'",
  "'{'",
  "'}'",
  "'('",
  "')'",
  "'.'",
  "','",
  "'-'",
  "'!'",
  "'?'",
  "':'",
  "'+'",
  "'*'",
  "'/'",
  "'%'",
  "'true'",
  "'false'",
  "'null'",
  "WHITESPACE",
  "COMMENT",
  "NUM_FLOAT",
  "NUM_INT",
  "NUM_UINT",
  "STRING",
  "BYTES",
  "IDENTIFIER",
  "ESC_IDENTIFIER",
] as const;

/** A kind of token: `'=='`, `NUM_INT`, or the end of the text. */
export type TokenKind = (typeof TOKEN_NAMES)[number] | "<EOF>";

/** A piece of the text; one that the parser made up for want of another has `index` -1. */
export interface SyntaxToken {
  readonly kind: TokenKind;
  readonly text: string;
  /** Where it begins in the source. */
  readonly at: number;
  /** Its number among all tokens, blanks and comments included. */
  readonly index: number;
}

const ORDER: ReadonlyMap<TokenKind, number> = new Map<TokenKind, number>([
  ["<EOF>", -1],
  ...TOKEN_NAMES.map((name, index) => [name, index] as const),
]);

/** How a message says that one of some kinds was expected: `{'[', IDENTIFIER}`, or the only one as it is. */
export function shownKinds(kinds: ReadonlySet<TokenKind>): string {
  const sorted = inOrder(kinds);
  return sorted.length === 1 ? String(sorted[0]) : `{${sorted.join(", ")}}`;
}

/** Kinds of tokens as cel-go numbers them, the end of the text before all others. */
export function inOrder(kinds: ReadonlySet<TokenKind>): readonly TokenKind[] {
  return [...kinds].toSorted((a, b) => (ORDER.get(a) ?? 0) - (ORDER.get(b) ?? 0));
}
