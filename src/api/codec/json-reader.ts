import { DecodeError } from "./decode-error.ts";
import { wholeNumber } from "./whole-number.ts";

export interface ReadJson {
  readonly value: unknown;
  /** Paths of keys that stand twice in their object, in document order; the last value wins. */
  readonly duplicates: readonly string[];
}

/** Objects and arrays may nest this deep. */
export const MAX_DEPTH = 1000;

/** A character as Go's scanner names it: by its first UTF-8 byte. */
function quoteChar(character: string): string {
  if (character === "'") return "'\\''";
  if (character === '"') return "'\"'";
  const [byte = 0] = new TextEncoder().encode(character);
  const named = byte < 0x80 ? character : String.fromCharCode(byte);
  return `'${JSON.stringify(named).slice(1, -1).replace(/\\u00/, "\\x")}'`;
}

/**
 * Reads JSON precisely: sees duplicate keys, keeps every digit of whole numbers (`wholeNumber`),
 * words errors like Go.
 * Ten times slower than `JSON.parse`; `readJson` comes here only when that cannot answer.
 */
export class JsonReader {
  readonly #numberToken = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
  readonly #stringToken = /"(?:[^"\\\p{Cc}]|[\x7f-\x9f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"/uy;
  readonly #spaceToken = /[ \t\n\r]*/y;
  readonly #text: string;
  #at = 0;
  #depth = 0;
  readonly #path: string[] = [];
  readonly #duplicates: string[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  /** @throws DecodeError */
  read(): ReadJson {
    this.#skipSpace();
    const value = this.#value();
    this.#skipSpace();
    if (this.#at < this.#text.length) this.#fail("after top-level value");
    return { value, duplicates: this.#duplicates };
  }

  #value(): unknown {
    switch (this.#text.charAt(this.#at)) {
      case "{":
        return this.#nested(() => this.#object());
      case "[":
        return this.#nested(() => this.#array());
      case '"':
        return this.#string();
      case "t":
        return this.#literal("true", true);
      case "f":
        return this.#literal("false", false);
      case "n":
        return this.#literal("null", null);
      default:
        return this.#number();
    }
  }

  #nested<T>(read: () => T): T {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) throw new DecodeError("exceeded max depth");
    this.#at += 1;
    const value = read();
    this.#depth -= 1;
    return value;
  }

  #object(): Record<string, unknown> {
    const entries = new Map<string, unknown>();
    this.#skipSpace();
    if (this.#accept("}")) return {};
    for (;;) {
      if (this.#peek() !== '"') this.#fail("looking for beginning of object key string");
      const key = this.#string();
      this.#skipSpace();
      if (!this.#accept(":")) this.#fail("after object key");
      this.#skipSpace();
      this.#path.push(this.#path.length === 0 ? key : `.${key}`);
      if (entries.has(key)) this.#duplicates.push(this.#path.join(""));
      entries.set(key, this.#value());
      this.#path.pop();
      this.#skipSpace();
      if (this.#accept("}")) return Object.fromEntries(entries);
      if (!this.#accept(",")) this.#fail("after object key:value pair");
      this.#skipSpace();
    }
  }

  #array(): unknown[] {
    const elements: unknown[] = [];
    this.#skipSpace();
    if (this.#accept("]")) return elements;
    for (;;) {
      this.#path.push(`[${elements.length}]`);
      elements.push(this.#value());
      this.#path.pop();
      this.#skipSpace();
      if (this.#accept("]")) return elements;
      if (!this.#accept(",")) this.#fail("after array element");
      this.#skipSpace();
    }
  }

  #string(): string {
    this.#stringToken.lastIndex = this.#at;
    const found = this.#stringToken.exec(this.#text);
    if (!found) return this.#failInString();
    this.#at = this.#stringToken.lastIndex;
    const text: string = JSON.parse(found[0]);
    return text;
  }

  #literal<T>(word: string, value: T): T {
    for (const [index, letter] of [...word].entries()) {
      if (!this.#accept(letter))
        this.#fail(`in literal ${word} (expecting ${quoteChar(word.charAt(index))})`);
    }
    return value;
  }

  #number(): number | bigint {
    this.#numberToken.lastIndex = this.#at;
    const literal = this.#numberToken.exec(this.#text)?.[0];
    if (literal === undefined) return this.#failInNumber();
    this.#at += literal.length;
    if (/^-?\d+$/.test(literal) && this.#accept("."))
      return this.#fail("after decimal point in numeric literal");
    if (!/[eE]/.test(literal) && /[eE]/.test(this.#peek() ?? "")) return this.#failInExponent();
    const value = Number(literal);
    if (!/[.eE]/.test(literal) && !Number.isSafeInteger(value)) return wholeNumber(BigInt(literal));
    if (Number.isFinite(value)) return value;
    throw new DecodeError(`json: cannot unmarshal number ${literal} into Go value of type float64`);
  }

  #peek(): string | undefined {
    return this.#text[this.#at];
  }

  #accept(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  #skipSpace(): void {
    this.#spaceToken.lastIndex = this.#at;
    this.#spaceToken.exec(this.#text);
    this.#at = this.#spaceToken.lastIndex;
  }

  #fail(where: string): never {
    const codePoint = this.#text.codePointAt(this.#at);
    if (codePoint === undefined) throw new DecodeError("unexpected end of JSON input");
    const character = quoteChar(String.fromCodePoint(codePoint));
    throw new DecodeError(`invalid character ${character} ${where}`);
  }

  #failInNumber(): never {
    if (!this.#accept("-")) return this.#fail("looking for beginning of value");
    return this.#fail("in numeric literal");
  }

  #failInExponent(): never {
    this.#at += 1;
    if (!this.#accept("+")) this.#accept("-");
    return this.#fail("in exponent of numeric literal");
  }

  /** Finds what is wrong in a string that begins at the current position. */
  #failInString(): never {
    this.#at += 1;
    const text = this.#text;
    for (; this.#at < text.length; this.#at += 1) {
      if (text.charCodeAt(this.#at) < 0x20) this.#fail("in string literal");
      if (text[this.#at] === "\\") this.#checkEscape();
    }
    return this.#fail("in string literal");
  }

  #checkEscape(): void {
    this.#at += 1;
    const code = this.#peek();
    if (code === undefined || !'"\\/bfnrtu'.includes(code)) this.#fail("in string escape code");
    for (let digit = 0; code === "u" && digit < 4; digit += 1) {
      this.#at += 1;
      if (!/[\da-fA-F]/.test(this.#peek() ?? "")) this.#fail("in \\u hexadecimal character escape");
    }
  }
}
