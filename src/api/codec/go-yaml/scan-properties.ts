import type { Cursor } from "./cursor.ts";

const WORD = /[\w-]*/y;
const URI = /(?:[\w\-;/?:@&=+$,.!~*'()[\]]|%[\da-fA-F]{2})*/y;
const BEHIND_ANCHOR = "?:,]}%@`";

/** The name behind `&` or `*`. @throws DecodeError */
export function scanAnchor(cursor: Cursor): string {
  cursor.skip();
  const name = cursor.take(WORD);
  if (name === "" || !(cursor.isGap() || BEHIND_ANCHOR.includes(cursor.peek())))
    cursor.fail("did not find expected alphabetic or numeric character");
  return name;
}

/** The handle of a tag: `!`, `!!`, `!name!`, or `""` where it needs none. @throws DecodeError */
export function scanTag(cursor: Cursor): string {
  const handle = cursor.peek(1) === "<" ? scanVerbatim(cursor) : scanShorthand(cursor);
  if (!cursor.isGap()) cursor.fail("did not find expected whitespace or line break");
  return handle;
}

function scanVerbatim(cursor: Cursor): string {
  cursor.skip(2);
  scanUri(cursor, true);
  if (cursor.peek() !== ">") cursor.fail("did not find the expected '>'");
  cursor.skip();
  return "";
}

function scanShorthand(cursor: Cursor): string {
  const handle = scanHandle(cursor);
  const isNamed = handle.length > 1 && handle.endsWith("!");
  const uri = scanUri(cursor, isNamed);
  if (isNamed) return handle;
  return handle.length + uri.length > 1 ? "!" : "";
}

const scanHandle = (cursor: Cursor): string => cursor.take(/![\w-]*!?/y);

function scanUri(cursor: Cursor, required: boolean): string {
  const uri = cursor.take(URI);
  if (cursor.peek() === "%") cursor.fail("did not find URI escaped octet");
  if (required && uri === "") cursor.fail("did not find expected tag URI");
  return uri;
}

/** `%YAML 1.1`, `%TAG !e! tag:example.com,2024:`. */
export type Directive =
  | { readonly is: "version"; readonly text: string }
  | { readonly is: "tag"; readonly handle: string };

/** @throws DecodeError */
export function scanDirective(cursor: Cursor): Directive {
  cursor.skip();
  const name = cursor.take(WORD);
  if (name === "") cursor.fail("could not find expected directive name");
  if (!cursor.isGap()) cursor.fail("found unexpected non-alphabetical character");
  const directive = scanValue(name, cursor);
  cursor.skipBlanks();
  cursor.skipComment();
  if (!cursor.isLineEnd()) cursor.fail("did not find expected comment or line break");
  cursor.skipBreak();
  return directive;
}

function scanValue(name: string, cursor: Cursor): Directive {
  if (name !== "YAML" && name !== "TAG") return cursor.fail("found unknown directive name");
  cursor.skipBlanks();
  if (name === "YAML") {
    const major = scanNumber(cursor);
    if (cursor.peek() !== ".") cursor.fail("did not find expected digit or '.' character");
    cursor.skip();
    return { is: "version", text: `${major}.${scanNumber(cursor)}` };
  }
  const handle = scanHandle(cursor);
  if (handle === "" || (handle !== "!" && !handle.endsWith("!")))
    cursor.fail("did not find expected '!'");
  if (!cursor.isBlank()) cursor.fail("did not find expected whitespace");
  cursor.skipBlanks();
  scanUri(cursor, true);
  if (!cursor.isGap()) cursor.fail("did not find expected whitespace or line break");
  return { is: "tag", handle };
}

function scanNumber(cursor: Cursor): number {
  const digits = cursor.take(/\d*/y);
  if (digits.length > 2) cursor.fail("found extremely long version number");
  if (digits === "") cursor.fail("did not find expected version number");
  return Number(digits);
}
