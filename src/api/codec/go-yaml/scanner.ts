import { Cursor } from "./cursor.ts";
import { type Directive, scanAnchor, scanDirective, scanTag } from "./scan-properties.ts";
import { type Surroundings, scanBlock, scanPlain, scanQuoted } from "./scan-scalar.ts";

export type TokenType =
  | "alias"
  | "anchor"
  | "tag"
  | "scalar"
  | "directive"
  | "documentStart"
  | "documentEnd"
  | "blockSequence"
  | "blockMapping"
  | "blockEnd"
  | "entry"
  | "key"
  | "value"
  | "flowSequence"
  | "flowSequenceEnd"
  | "flowMapping"
  | "flowMappingEnd"
  | "flowEntry"
  | "end";

export interface Token {
  readonly type: TokenType;
  /** Where it begins, from 0. */
  readonly line: number;
  /** Of an anchor or alias the name, of a tag the handle. */
  readonly text?: string;
  readonly directive?: Directive;
}

/** A place where a key without `?` may have begun: only the `:` behind it tells. */
interface SimpleKey {
  possible: boolean;
  readonly required: boolean;
  /** Number of the token that the key would begin with. */
  readonly token: number;
  readonly line: number;
  readonly column: number;
  readonly at: number;
}

const MAX_KEY_LENGTH = 1024;
const MAX_NESTING = 10_000;
/** No plain scalar begins with these; `-`, `?` and `:` may, before something else than a gap. */
const INDICATORS = ",[]{}#&*!|>'\"%@`";

const FLOW: Readonly<Record<string, TokenType>> = {
  "[": "flowSequence",
  "{": "flowMapping",
  "]": "flowSequenceEnd",
  "}": "flowMappingEnd",
};

/**
 * The tokens of a YAML 1.1 text as go-yaml sees them. It reads no further than it must to know the
 * next one, so that of several mistakes the same is found first.
 */
export class Scanner {
  readonly #cursor: Cursor;
  readonly #tokens: Token[] = [];
  #taken = 0;
  readonly #keys: SimpleKey[] = [
    { possible: false, required: false, token: -1, line: 0, column: 0, at: 0 },
  ];
  readonly #keyByToken = new Map<number, SimpleKey>();
  #keyAllowed = true;
  #indent = -1;
  readonly #indents: number[] = [];
  #isPeeked = false;

  constructor(text: string) {
    this.#cursor = new Cursor(text);
  }

  /** The next token; the last one is `end`. @throws DecodeError */
  peek(): Token {
    while (!this.#isPeeked) {
      if (this.#tokens.length > 0 && !this.#mayBecomeKey()) this.#isPeeked = true;
      else this.#fetch();
    }
    return this.#tokens[0] ?? { type: "end", line: this.#cursor.line };
  }

  /** Takes the token that `peek` showed. */
  take(): void {
    this.#isPeeked = false;
    this.#taken += 1;
    this.#tokens.shift();
  }

  get #isFlow(): boolean {
    return this.#keys.length > 1;
  }

  get #surroundings(): Surroundings {
    return { indent: this.#indent, isFlow: this.#isFlow };
  }

  /** Number of the token that is fetched next. */
  get #nextToken(): number {
    return this.#taken + this.#tokens.length;
  }

  #mayBecomeKey(): boolean {
    const key = this.#keyByToken.get(this.#taken);
    return key !== undefined && this.#isValid(key);
  }

  #push(
    type: TokenType,
    rest: Pick<Token, "text" | "directive"> = {},
    line = this.#cursor.line,
  ): void {
    this.#tokens.push({ type, line, ...rest });
  }

  #fetch(): void {
    const cursor = this.#cursor;
    this.#skipToToken();
    this.#unroll(cursor.column);
    if (cursor.isEnd()) return this.#fetchEnd();
    if (cursor.column === 0 && cursor.peek() === "%") return this.#fetchDirective();
    if (cursor.isDocumentMark("---")) return this.#fetchMark("documentStart");
    if (cursor.isDocumentMark("...")) return this.#fetchMark("documentEnd");
    if (!this.#fetchIndicator(cursor.peek())) this.#fetchPlain();
  }

  /** True when the character begins a token of its own. */
  #fetchIndicator(character: string): boolean {
    if ("-?:".includes(character)) return this.#fetchBlockIndicator(character);
    if ("[{".includes(character)) this.#fetchFlowStart(character);
    else if ("]}".includes(character)) this.#fetchFlowEnd(character);
    else if (character === ",") this.#fetchFlowEntry();
    else if ("&*!".includes(character)) this.#fetchProperty(character);
    else if ("'\"".includes(character)) this.#fetchQuoted();
    else if ("|>".includes(character) && !this.#isFlow) this.#fetchBlock();
    else return false;
    return true;
  }

  #fetchBlockIndicator(character: string): boolean {
    const stands = this.#cursor.isGap(1);
    if (character === "-") {
      if (stands) this.#fetchEntry();
      return stands;
    }
    if (!stands && !this.#isFlow) return false;
    if (character === "?") this.#fetchKey();
    else this.#fetchValue();
    return true;
  }

  #skipToToken(): void {
    const cursor = this.#cursor;
    for (;;) {
      if (cursor.column === 0 && cursor.peek() === "\ufeff") cursor.skip();
      while (
        cursor.peek() === " " ||
        ((this.#isFlow || !this.#keyAllowed) && cursor.peek() === "\t")
      )
        cursor.skip();
      cursor.skipComment();
      if (!cursor.isBreak()) return;
      cursor.skipBreak();
      if (!this.#isFlow) this.#keyAllowed = true;
    }
  }

  #fetchEnd(): void {
    if (this.#cursor.column !== 0) this.#cursor.startLine();
    this.#leaveBlocks();
    this.#push("end");
  }

  #fetchDirective(): void {
    this.#leaveBlocks();
    const { line } = this.#cursor;
    this.#push("directive", { directive: scanDirective(this.#cursor) }, line);
  }

  #fetchMark(type: "documentStart" | "documentEnd"): void {
    this.#leaveBlocks();
    this.#push(type);
    this.#cursor.skip(3);
  }

  #leaveBlocks(): void {
    this.#unroll(-1);
    this.#removeKey();
    this.#keyAllowed = false;
  }

  #fetchFlowStart(character: string): void {
    const { line, column, at } = this.#cursor;
    this.#saveKey();
    const token = this.#nextToken;
    this.#keys.push({ possible: false, required: false, token, line, column, at });
    if (this.#keys.length > MAX_NESTING + 1)
      this.#cursor.fail(`exceeded max depth of ${MAX_NESTING}`);
    this.#keyAllowed = true;
    this.#pushCharacter(FLOW[character] ?? "end");
  }

  #fetchFlowEnd(character: string): void {
    this.#removeKey();
    // go-yaml forgets the key that the collection itself may be, where nothing in it could be one.
    if (this.#isFlow) this.#keyByToken.delete(this.#keys.pop()?.token ?? -1);
    this.#keyAllowed = false;
    this.#pushCharacter(FLOW[character] ?? "end");
  }

  #fetchFlowEntry(): void {
    this.#removeKey();
    this.#keyAllowed = true;
    this.#pushCharacter("flowEntry");
  }

  #fetchEntry(): void {
    if (!this.#isFlow) this.#startBlock("blockSequence", "block sequence entries");
    this.#removeKey();
    this.#keyAllowed = true;
    this.#pushCharacter("entry");
  }

  #fetchKey(): void {
    if (!this.#isFlow) this.#startBlock("blockMapping", "mapping keys");
    this.#removeKey();
    this.#keyAllowed = !this.#isFlow;
    this.#pushCharacter("key");
  }

  #fetchValue(): void {
    const key = this.#keys.at(-1);
    if (key && this.#isValid(key)) {
      const index = key.token - this.#taken;
      this.#tokens.splice(index, 0, { type: "key", line: key.line });
      this.#roll("blockMapping", { ...key, index });
      key.possible = false;
      this.#keyByToken.delete(key.token);
      this.#keyAllowed = false;
    } else {
      if (!this.#isFlow) this.#startBlock("blockMapping", "mapping values");
      this.#keyAllowed = !this.#isFlow;
    }
    this.#pushCharacter("value");
  }

  /** A block begins at an indicator, if one may stand here. */
  #startBlock(type: "blockSequence" | "blockMapping", what: string): void {
    if (!this.#keyAllowed) this.#cursor.fail(`${what} are not allowed in this context`);
    const { column, line } = this.#cursor;
    this.#roll(type, { column, line, index: this.#tokens.length });
  }

  #fetchProperty(character: string): void {
    this.#saveKey();
    this.#keyAllowed = false;
    const { line } = this.#cursor;
    const isTag = character === "!";
    const text = isTag ? scanTag(this.#cursor) : scanAnchor(this.#cursor);
    this.#push(isTag ? "tag" : character === "&" ? "anchor" : "alias", { text }, line);
  }

  #fetchQuoted(): void {
    this.#saveKey();
    this.#keyAllowed = false;
    const { line } = this.#cursor;
    scanQuoted(this.#cursor);
    this.#push("scalar", {}, line);
  }

  #fetchBlock(): void {
    this.#removeKey();
    this.#keyAllowed = true;
    const { line } = this.#cursor;
    scanBlock(this.#cursor, this.#surroundings);
    this.#push("scalar", {}, line);
  }

  #fetchPlain(): void {
    const cursor = this.#cursor;
    const character = cursor.peek();
    const isOdd = character === "-" || (!this.#isFlow && "?:".includes(character));
    const begins = "-?:".includes(character)
      ? isOdd && !cursor.isGap(1)
      : !INDICATORS.includes(character);
    if (!begins || cursor.isBlank()) cursor.fail("found character that cannot start any token");
    this.#saveKey();
    this.#keyAllowed = false;
    const { line } = cursor;
    if (scanPlain(cursor, this.#surroundings)) this.#keyAllowed = true;
    this.#push("scalar", {}, line);
  }

  #pushCharacter(type: TokenType): void {
    this.#push(type);
    this.#cursor.skip();
  }

  #isValid(key: SimpleKey): boolean {
    const { line, at } = this.#cursor;
    if (!key.possible) return false;
    if (key.line === line && key.at + MAX_KEY_LENGTH >= at) return true;
    if (key.required) this.#cursor.fail("could not find expected ':'");
    key.possible = false;
    return false;
  }

  #saveKey(): void {
    const { line, column, at } = this.#cursor;
    if (!this.#keyAllowed) return;
    const required = !this.#isFlow && this.#indent === column;
    this.#removeKey();
    const key = { possible: true, required, token: this.#nextToken, line, column, at };
    this.#keys[this.#keys.length - 1] = key;
    this.#keyByToken.set(key.token, key);
  }

  #removeKey(): void {
    const key = this.#keys.at(-1);
    if (!key?.possible) return;
    if (key.required) this.#cursor.fail("could not find expected ':'");
    key.possible = false;
    this.#keyByToken.delete(key.token);
  }

  /** A block begins where something stands further right than its surroundings. */
  #roll(
    type: TokenType,
    { column, line, index }: { column: number; line: number; index: number },
  ): void {
    if (this.#isFlow || this.#indent >= column) return;
    this.#indents.push(this.#indent);
    this.#indent = column;
    if (this.#indents.length > MAX_NESTING)
      this.#cursor.fail(`exceeded max depth of ${MAX_NESTING}`);
    this.#tokens.splice(index, 0, { type, line });
  }

  /** The blocks that are further right than `column` end. */
  #unroll(column: number): void {
    while (!this.#isFlow && this.#indent > column) {
      this.#push("blockEnd");
      this.#indent = this.#indents.pop() ?? -1;
    }
  }
}
