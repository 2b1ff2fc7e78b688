import { DecodeError } from "../decode-error.ts";
import { refusal } from "./cursor.ts";
import { Scanner, type Token, type TokenType } from "./scanner.ts";

const UNPRINTABLE = /[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;
/** Nodes may nest this deep. */
const MAX_DEPTH = 1000;

/**
 * Refuses what go-yaml refuses in the first document of a text, in its words and with its lines:
 * those of the scanner count from 1, those of the parser from 0, and the first is not named.
 *
 * @throws DecodeError
 */
export function checkYaml(text: string): void {
  if (UNPRINTABLE.test(text)) throw refusal("control characters are not allowed");
  new Checker(text).document();
}

class Checker {
  readonly #scanner: Scanner;
  readonly #handles = new Set(["", "!", "!!"]);
  readonly #anchors = new Set<string>();
  /** Anchors of the nodes that the current one is in. */
  readonly #open: string[] = [];
  #selfReference: string | undefined;
  #depth = 0;

  constructor(text: string) {
    this.#scanner = new Scanner(text);
  }

  document(): void {
    if (this.#nextIs("end")) return;
    const isMarked = this.#nextIs("directive", "documentStart");
    if (isMarked) {
      this.#directives();
      this.#expect("documentStart", "did not find expected <document start>");
    }
    const isEmpty = isMarked && this.#nextIs("directive", "documentStart", "documentEnd", "end");
    if (!isEmpty) this.#node({ block: true });
    this.#scanner.peek();
    if (this.#selfReference !== undefined)
      throw refusal(`anchor '${this.#selfReference}' value contains itself`);
  }

  #directives(): void {
    let version: string | undefined;
    for (let token = this.#scanner.peek(); token.directive; token = this.#scanner.peek()) {
      const { directive, line } = token;
      if (directive.is === "tag") this.#handles.add(directive.handle);
      else if (version !== undefined) throw refusal("found duplicate %YAML directive", line);
      else if (directive.text !== "1.1") throw refusal("found incompatible YAML document", line);
      else version = directive.text;
      this.#scanner.take();
    }
  }

  #node(where: { readonly block: boolean; readonly indentless?: boolean }): void {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) throw new DecodeError("yaml: exceeded max depth");
    const token = this.#scanner.peek();
    if (token.type === "alias") this.#alias(token);
    else {
      const anchors = this.#open.length;
      const hasProperties = this.#properties();
      this.#content({ ...where, mayBeEmpty: hasProperties });
      this.#open.length = anchors;
    }
    this.#depth -= 1;
  }

  #alias({ text = "" }: Token): void {
    if (!this.#anchors.has(text)) throw refusal(`unknown anchor '${text}' referenced`);
    if (this.#open.includes(text)) this.#selfReference ??= text;
    this.#scanner.take();
  }

  /** An anchor and a tag, in either order. */
  #properties(): boolean {
    const seen = new Map<TokenType, Token>();
    let token = this.#scanner.peek();
    while ((token.type === "anchor" || token.type === "tag") && !seen.has(token.type)) {
      seen.set(token.type, token);
      this.#scanner.take();
      token = this.#scanner.peek();
    }
    const { anchor, tag } = Object.fromEntries(seen);
    if (tag && !this.#handles.has(tag.text ?? ""))
      throw refusal("found undefined tag handle", tag.line);
    if (anchor?.text !== undefined) {
      this.#anchors.add(anchor.text);
      this.#open.push(anchor.text);
    }
    return seen.size > 0;
  }

  #content({
    block,
    indentless = false,
    mayBeEmpty,
  }: {
    block: boolean;
    indentless?: boolean;
    mayBeEmpty: boolean;
  }): void {
    const { type, line } = this.#scanner.peek();
    if (type === "entry" && indentless) this.#indentlessSequence();
    else if (type === "scalar") this.#scanner.take();
    else if (type === "flowSequence") this.#flowSequence();
    else if (type === "flowMapping") this.#flowMapping();
    else if (type === "blockSequence" && block) this.#blockSequence();
    else if (type === "blockMapping" && block) this.#blockMapping();
    else if (!mayBeEmpty) throw refusal("did not find expected node content", line);
  }

  #blockSequence(): void {
    this.#scanner.take();
    while (this.#accept("entry")) {
      if (!this.#nextIs("entry", "blockEnd")) this.#node({ block: true });
    }
    this.#expect("blockEnd", "did not find expected '-' indicator");
  }

  /** The list under a key, at the column of the key. */
  #indentlessSequence(): void {
    while (this.#accept("entry")) {
      if (!this.#nextIs("entry", "key", "value", "blockEnd")) this.#node({ block: true });
    }
  }

  #blockMapping(): void {
    this.#scanner.take();
    const part = (): void => {
      if (!this.#nextIs("key", "value", "blockEnd")) this.#node({ block: true, indentless: true });
    };
    while (this.#accept("key")) {
      part();
      if (this.#accept("value")) part();
    }
    this.#expect("blockEnd", "did not find expected key");
  }

  #flowSequence(): void {
    this.#scanner.take();
    for (let isFirst = true; !this.#accept("flowSequenceEnd"); isFirst = false) {
      if (!isFirst) this.#expect("flowEntry", "did not find expected ',' or ']'");
      if (this.#accept("key")) this.#pair();
      else if (!this.#nextIs("flowSequenceEnd")) this.#node({ block: false });
    }
  }

  /** The one entry of a mapping without braces. */
  #pair(): void {
    const ends = ["flowEntry", "flowSequenceEnd"] as const;
    if (this.#nextIs("value", ...ends)) this.#scanner.take();
    else this.#node({ block: false });
    if (this.#accept("value") && !this.#nextIs(...ends)) this.#node({ block: false });
  }

  #flowMapping(): void {
    this.#scanner.take();
    const ends = ["flowEntry", "flowMappingEnd"] as const;
    for (let isFirst = true; !this.#accept("flowMappingEnd"); isFirst = false) {
      if (!isFirst) this.#expect("flowEntry", "did not find expected ',' or '}'");
      if (this.#accept("key")) {
        if (!this.#nextIs("value", ...ends)) this.#node({ block: false });
        if (this.#accept("value") && !this.#nextIs(...ends)) this.#node({ block: false });
      } else if (!this.#nextIs("flowMappingEnd")) this.#node({ block: false });
    }
  }

  #nextIs(...types: readonly TokenType[]): boolean {
    return types.includes(this.#scanner.peek().type);
  }

  #accept(type: TokenType): boolean {
    if (!this.#nextIs(type)) return false;
    this.#scanner.take();
    return true;
  }

  #expect(type: TokenType, problem: string): void {
    const { line } = this.#scanner.peek();
    if (!this.#accept(type)) throw refusal(problem, line);
  }
}
