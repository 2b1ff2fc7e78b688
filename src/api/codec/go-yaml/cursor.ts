import { DecodeError } from "../decode-error.ts";

/** Why go-yaml (v2, as in sigs.k8s.io/yaml) refuses a text; `line` counts from 0, and go-yaml does not name the first one. */
export function refusal(problem: string, line = 0): DecodeError {
  return new DecodeError(`yaml: ${line === 0 ? "" : `line ${line}: `}${problem}`);
}

const BREAKS = "\n\r\u0085\u2028\u2029";

/** A place in a YAML text that moves forward only, and what stands there. */
export class Cursor {
  readonly #text: string;
  #at = 0;
  #line = 0;
  #column = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get at(): number {
    return this.#at;
  }

  /** From 0. */
  get line(): number {
    return this.#line;
  }

  get column(): number {
    return this.#column;
  }

  /** The character that is so far ahead; `""` behind the end. */
  peek(ahead = 0): string {
    return this.#text.charAt(this.#at + ahead);
  }

  isEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  isBlank(): boolean {
    const character = this.peek();
    return character === " " || character === "\t";
  }

  isBreak(ahead = 0): boolean {
    const character = this.peek(ahead);
    return character !== "" && BREAKS.includes(character);
  }

  /** A blank, a line break or the end. */
  isGap(ahead = 0): boolean {
    const character = this.peek(ahead);
    return (
      character === "" || character === " " || character === "\t" || BREAKS.includes(character)
    );
  }

  isLineEnd(): boolean {
    return this.isEnd() || this.isBreak();
  }

  /** `---` or `...` (or of these the given) at the beginning of a line. */
  isDocumentMark(...marks: readonly ("---" | "...")[]): boolean {
    if (this.#column !== 0 || !this.isGap(3)) return false;
    const found = this.#text.slice(this.#at, this.#at + 3);
    return marks.length === 0
      ? found === "---" || found === "..."
      : marks.some((one) => one === found);
  }

  skip(count = 1): void {
    this.#at += count;
    this.#column += count;
  }

  skipBlanks(): void {
    while (this.isBlank()) this.skip();
  }

  skipComment(): void {
    if (this.peek() === "#") while (!this.isLineEnd()) this.skip();
  }

  skipBreak(): void {
    if (!this.isBreak()) return;
    this.#at += this.#text.startsWith("\r\n", this.#at) ? 2 : 1;
    this.startLine();
  }

  /** The end of the text counts as the end of its last line. */
  startLine(): void {
    this.#line += 1;
    this.#column = 0;
  }

  /** Everything from here on that matches, which must be a sticky expression without line breaks. */
  take(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? "";
    this.skip(found.length);
    return found;
  }

  /** @throws DecodeError that names the line of this place, from 1. */
  fail(problem: string): never {
    throw refusal(problem, this.#line === 0 ? 0 : this.#line + 1);
  }
}
