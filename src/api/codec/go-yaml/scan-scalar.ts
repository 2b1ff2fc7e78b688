import type { Cursor } from "./cursor.ts";

const HEX_DIGITS: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };
const ESCAPES = "0abt\tnvfre \"'\\N_LP";
const FLOW_ENDS = ",?[]{}";
/** Stretches in which no character means anything. */
const PLAIN_TEXT = /[^ \t\n\r\u0085\u2028\u2029:,?[\]{}]+/y;
const QUOTED_TEXT = /[^ \t\n\r\u0085\u2028\u2029'"\\]+/y;
const LINE = /[^\n\r\u0085\u2028\u2029]+/y;

/** What a scalar may depend on. */
export interface Surroundings {
  /** Column of the block that it is in, −1 outside of all. */
  readonly indent: number;
  readonly isFlow: boolean;
}

/** Steps over a quoted scalar. @throws DecodeError */
export function scanQuoted(cursor: Cursor): void {
  const quote = cursor.peek();
  cursor.skip();
  for (;;) {
    if (cursor.isDocumentMark()) cursor.fail("found unexpected document indicator");
    if (cursor.isEnd()) cursor.fail("found unexpected end of stream");
    while (!cursor.isGap()) {
      if (cursor.take(QUOTED_TEXT) === "" && scanQuotedCharacter(cursor, quote)) return;
    }
    skipGaps(cursor);
  }
}

/** True when it was the quote that ends the scalar. */
function scanQuotedCharacter(cursor: Cursor, quote: string): boolean {
  const character = cursor.peek();
  if (character === "\\" && quote === '"') {
    scanEscape(cursor);
    return false;
  }
  const isDoubled = character === "'" && quote === "'" && cursor.peek(1) === "'";
  cursor.skip(isDoubled ? 2 : 1);
  return character === quote && !isDoubled;
}

function skipGaps(cursor: Cursor): void {
  while (cursor.isBlank() || cursor.isBreak()) {
    if (cursor.isBlank()) cursor.skip();
    else cursor.skipBreak();
  }
}

function scanEscape(cursor: Cursor): void {
  if (cursor.isBreak(1)) {
    cursor.skip();
    return cursor.skipBreak();
  }
  const letter = cursor.peek(1);
  const digits = HEX_DIGITS[letter] ?? 0;
  if (letter === "" || (digits === 0 && !ESCAPES.includes(letter)))
    cursor.fail("found unknown escape character");
  cursor.skip(2);
  let hex = "";
  for (let ahead = 0; ahead < digits; ahead += 1) hex += cursor.peek(ahead);
  if (!/^[\da-fA-F]*$/.test(hex) || hex.length < digits)
    cursor.fail("did not find expected hexdecimal number");
  const code = Number.parseInt(hex || "0", 16);
  if ((code >= 0xd800 && code <= 0xdfff) || code > 0x10ffff)
    cursor.fail("found invalid Unicode character escape code");
  cursor.skip(digits);
}

/** Steps over a literal or folded block. @throws DecodeError */
export function scanBlock(cursor: Cursor, { indent: parent }: Surroundings): void {
  cursor.skip();
  const increment = scanHeader(cursor);
  let indent = increment > 0 ? Math.max(parent, 0) + increment : 0;
  indent = scanBlockBreaks(cursor, { indent, parent });
  while (cursor.column === indent && !cursor.isEnd()) {
    cursor.take(LINE);
    cursor.skipBreak();
    scanBlockBreaks(cursor, { indent, parent });
  }
}

/** The indentation that the header of a block names, 0 where it names none. */
function scanHeader(cursor: Cursor): number {
  const first = cursor.take(/[+-]/y);
  const digit = cursor.take(/\d/y);
  if (digit === "0") cursor.fail("found an indentation indicator equal to 0");
  if (first === "" && digit !== "") cursor.take(/[+-]/y);
  cursor.skipBlanks();
  cursor.skipComment();
  if (!cursor.isLineEnd()) cursor.fail("did not find expected comment or line break");
  cursor.skipBreak();
  return Number(digit);
}

/** Steps over empty lines and the indentation of the next; says how far that is, where `indent` is 0. */
function scanBlockBreaks(
  cursor: Cursor,
  { indent, parent }: { indent: number; parent: number },
): number {
  let widest = 0;
  for (;;) {
    const isBefore = (): boolean => indent === 0 || cursor.column < indent;
    while (isBefore() && cursor.peek() === " ") cursor.skip();
    widest = Math.max(widest, cursor.column);
    if (isBefore() && cursor.peek() === "\t")
      cursor.fail("found a tab character where an indentation space is expected");
    if (!cursor.isBreak()) break;
    cursor.skipBreak();
  }
  return indent === 0 ? Math.max(widest, parent + 1, 1) : indent;
}

/** Steps over a plain scalar; true when it was followed by a line break. @throws DecodeError */
export function scanPlain(cursor: Cursor, surroundings: Surroundings): boolean {
  const { indent, isFlow } = surroundings;
  let brokeLine = false;
  while (!cursor.isDocumentMark() && cursor.peek() !== "#") {
    while (!cursor.isGap() && !endsPlain(cursor, isFlow)) {
      brokeLine = false;
      if (cursor.take(PLAIN_TEXT) === "") cursor.skip();
    }
    if (!cursor.isBlank() && !cursor.isBreak()) break;
    brokeLine = skipPlainGaps(cursor, { brokeLine, indent });
    if (!isFlow && cursor.column <= indent) break;
  }
  return brokeLine;
}

function skipPlainGaps(
  cursor: Cursor,
  { brokeLine, indent }: { brokeLine: boolean; indent: number },
): boolean {
  let broke = brokeLine;
  while (cursor.isBlank() || cursor.isBreak()) {
    if (broke && cursor.column <= indent && cursor.peek() === "\t")
      cursor.fail("found a tab character that violates indentation");
    if (cursor.isBlank()) cursor.skip();
    else {
      broke = true;
      cursor.skipBreak();
    }
  }
  return broke;
}

function endsPlain(cursor: Cursor, isFlow: boolean): boolean {
  const character = cursor.peek();
  if (character === ":" && cursor.isGap(1)) return true;
  return isFlow && FLOW_ENDS.includes(character);
}
