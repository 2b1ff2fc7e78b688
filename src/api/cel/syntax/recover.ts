import { BEFORE, type CelFault } from "../compile-error.ts";
import type { Network, State } from "./network.ts";
import { inOrder, type SyntaxToken, shownKinds, type TokenKind } from "./tokens.ts";

/** Reading cannot go on; cel-go says no more than that. */
export class ParsingStopped extends Error {
  override readonly name = "ParsingStopped";
}

/** To read on would take long. */
export class TooManyTokens extends ParsingStopped {}

/** Why a rule is given up. */
export interface Failure {
  readonly token: SyntaxToken;
  /** The first token of those that no alternative has; otherwise one of `expected` was due. */
  readonly from?: SyntaxToken;
  readonly expected: ReadonlySet<TokenKind>;
}

const MAX_RECOVERIES = 30;
const MAX_SKIPPED = 256;
/** So many take some 50 ms. What is written by hand has far fewer; cel-go has no such bound. */
const MAX_TOKENS = 5_000;

/** The tokens of a text, one at a time, and what ANTLR's default error strategy does where one is wrong. */
export class Recovery {
  readonly faults: CelFault[] = [];
  readonly #network: Network;
  readonly #all: readonly SyntaxToken[];
  readonly #tokens: readonly SyntaxToken[];
  readonly #end: SyntaxToken;
  readonly #callers: State[] = [];
  #position = 0;
  #isRecovering = false;
  #recoveries = 0;
  #failedAt = -1;
  readonly #failedStates = new Set<State>();

  constructor(network: Network, all: readonly SyntaxToken[]) {
    this.#network = network;
    this.#all = all;
    this.#tokens = all.filter(({ kind }) => kind !== "WHITESPACE" && kind !== "COMMENT");
    this.#end = all.at(-1) ?? { kind: "<EOF>", text: "<EOF>", at: BEFORE, index: 0 };
  }

  get tokens(): readonly SyntaxToken[] {
    return this.#tokens;
  }

  get position(): number {
    return this.#position;
  }

  /** What follows the rules that are being read, the innermost last. */
  get callers(): State[] {
    return this.#callers;
  }

  get token(): SyntaxToken {
    return this.#ahead(0);
  }

  /** The next token where it is due; the one to take for it; or why there is none. */
  match(state: State, kinds: ReadonlySet<TokenKind>): SyntaxToken | Failure {
    const { token } = this;
    if (kinds.has(token.kind)) {
      this.#matched();
      this.#consume();
      return token;
    }
    this.#countRecovery();
    const found = this.#deleteOne(state);
    if (found) {
      this.#consume();
      return found;
    }
    return this.#insertOne(state) ?? this.#failure(state);
  }

  /** Before a choice or a loop: what cannot come here is skipped where that helps. */
  sync(state: State): Failure | undefined {
    if (this.#isRecovering) return undefined;
    const next = this.#network.next(state);
    if (next.canEnd || next.kinds.has(this.token.kind)) return undefined;
    if (state.role === "begin") return this.#deleteOne(state) ? undefined : this.#failure(state);
    this.#reportUnwanted(state);
    const stops = new Set([...this.#expected(state), ...this.#followers()]);
    this.#skipTo(stops, Number.POSITIVE_INFINITY);
    return undefined;
  }

  /** The tokens from the next one to that at `index` fit no alternative. */
  noAlternative(index: number): Failure {
    return { token: this.#ahead(index - this.#position), from: this.token, expected: new Set() };
  }

  /** Reports a failure, and skips to where what called the rule can go on. */
  giveUp(failure: Failure, state: State): void {
    this.#report(failure);
    this.#countRecovery();
    let left = MAX_SKIPPED;
    if (this.#failedAt === this.#position && this.#failedStates.has(state)) {
      this.#consume();
      left -= 1;
    }
    this.#failedAt = this.#position;
    this.#failedStates.add(state);
    this.#skipTo(this.#followers(), left);
  }

  #ahead(count: number): SyntaxToken {
    return this.#tokens[this.#position + count] ?? this.#end;
  }

  #consume(): void {
    if (this.#position > MAX_TOKENS) throw new TooManyTokens();
    if (this.token.kind !== "<EOF>") this.#position += 1;
  }

  #matched(): void {
    this.#isRecovering = false;
    this.#failedAt = -1;
    this.#failedStates.clear();
  }

  #expected(state: State): ReadonlySet<TokenKind> {
    return this.#network.expected(state, this.#callers);
  }

  #failure(state: State): Failure {
    return { token: this.token, expected: this.#expected(state) };
  }

  /** The token behind an unwanted one, where it is what was due. */
  #deleteOne(state: State): SyntaxToken | undefined {
    if (!this.#expected(state).has(this.#ahead(1).kind)) return undefined;
    this.#reportUnwanted(state);
    this.#consume();
    this.#matched();
    return this.token;
  }

  /** A token made up, where the next one is what comes behind it. */
  #insertOne(state: State): SyntaxToken | undefined {
    const behind = state.edges[0]?.to;
    if (behind === undefined) return undefined;
    if (!this.#network.expected(behind, this.#callers).has(this.token.kind)) return undefined;
    const expected = this.#expected(state);
    this.#say(`missing ${shownKinds(expected)} at ${quoted(this.token.text)}`, this.token);
    const [kind = "<EOF>"] = inOrder(expected);
    const name = kind.startsWith("'") ? kind : kind === "<EOF>" ? "EOF" : "undefined";
    const isLast = this.token.kind === "<EOF>" && this.#position > 0;
    const { at } = isLast ? this.#ahead(-1) : this.token;
    return { kind, text: `<missing ${name}>`, at, index: -1 };
  }

  #reportUnwanted(state: State): void {
    const { token } = this;
    this.#say(
      `extraneous input ${quoted(token.text)} expecting ${shownKinds(this.#expected(state))}`,
      token,
    );
  }

  #report({ token, from, expected }: Failure): void {
    if (from) this.#say(noAlternativeText(this.#textBetween(from, token)), token);
    else
      this.#say(`mismatched input ${quoted(token.text)} expecting ${shownKinds(expected)}`, token);
  }

  /** Says what is wrong, unless it comes of what was said before. */
  #say(problem: string, { at }: SyntaxToken): void {
    if (this.#isRecovering) return;
    this.#isRecovering = true;
    this.faults.push({ problem: `Syntax error: ${problem}`, at });
  }

  #textBetween(from: SyntaxToken, to: SyntaxToken): string {
    if (from.kind === "<EOF>") return from.text;
    const between = this.#all.slice(from.index, to.index + 1);
    return between.map(({ kind, text }) => (kind === "<EOF>" ? "" : text)).join("");
  }

  #followers(): Set<TokenKind> {
    return new Set(this.#callers.flatMap((state) => [...this.#network.next(state).kinds]));
  }

  #skipTo(kinds: ReadonlySet<TokenKind>, most: number): void {
    for (let left = most; this.token.kind !== "<EOF>" && !kinds.has(this.token.kind); left -= 1) {
      if (left === 0)
        throw new ParsingStopped(`error recovery token lookahead limit exceeded: ${MAX_SKIPPED}`);
      this.#consume();
    }
  }

  #countRecovery(): void {
    this.#recoveries += 1;
    if (this.#recoveries <= MAX_RECOVERIES) return;
    const problem = `error recovery attempt limit exceeded: ${MAX_RECOVERIES}`;
    this.faults.push({ problem: `Syntax error: ${problem}`, at: this.token.at });
    throw new ParsingStopped();
  }
}

/** As ANTLR has it, but for what cel-go makes of words that are values. */
function noAlternativeText(input: string): string {
  return `no viable alternative at input ${quoted(input)}`.replace(
    /no viable alternative at input '.(true|false|null)'/u,
    "mismatched input '$1' expecting IDENTIFIER",
  );
}

const quoted = (text: string): string =>
  `'${text.replaceAll("\t", "\\t").replaceAll("\n", "\\n").replaceAll("\r", "\\r")}'`;
