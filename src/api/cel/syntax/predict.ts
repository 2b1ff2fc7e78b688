import type { Edge, State } from "./network.ts";
import { type Stack, StackMaker, Stacks } from "./stacks.ts";
import type { SyntaxToken, TokenKind } from "./tokens.ts";

/** A way through the network that the tokens allow so far. */
interface Way {
  readonly state: State;
  /** The alternative that it began with, from 1. */
  readonly alt: number;
  /** The precedence that the caller may ask for at most. */
  readonly level: number | undefined;
  /** Whether it left the rule of the decision for what follows it anywhere. */
  readonly isOutside: boolean;
  /** Whether what follows the rule followed it where no precedence was asked for. */
  readonly isUnfiltered: boolean;
}

type StackedWay = Way & { readonly stack: Stack };

interface Place {
  readonly decision: State;
  readonly tokens: readonly SyntaxToken[];
  /** Of the first token that is not read yet. */
  readonly index: number;
  readonly callers: readonly State[];
  readonly precedence: number;
  /** True where a rule decides whether to read on with what it read as the left side. */
  readonly isLeftward: boolean;
}

/** The alternative that the tokens choose, from 1; or the index of the token that leaves none. */
export type Prediction = { readonly alt: number } | { readonly failedAt: number };

/** What tokens have led to, and where each further one leads. */
interface Node {
  readonly ways: Ways;
  /** The alternative that they choose; none where they leave no way. */
  readonly alt: number | undefined;
  readonly isConflict: boolean;
  /** The alternative that was left before the last token. */
  readonly fallback: number | undefined;
  readonly next: Map<TokenKind, Node>;
}

/** What was found out of tokens so far, and will not be again. */
export class Knowledge {
  readonly stacks: StackMaker;
  readonly #nodes = new Map<Stack, Map<string, Map<string, Node>>>();

  /** `isGeneral`: without knowing who called. */
  constructor(isGeneral: boolean) {
    this.stacks = new StackMaker(isGeneral);
  }

  /** What is known where something is to be decided, of the callers that count. */
  of(decision: string, outer: Stack = this.stacks.bottom): Map<string, Node> {
    const decisions = this.#nodes.get(outer) ?? new Map<string, Map<string, Node>>();
    this.#nodes.set(outer, decisions);
    const known = decisions.get(decision) ?? new Map<string, Node>();
    decisions.set(decision, known);
    return known;
  }
}

/**
 * Chooses among alternatives by as many tokens as it takes, as ANTLR's adaptive prediction does: without
 * knowing who called the rule; and where that leaves two alternatives the same way, knowing it.
 */
export class Predictor {
  readonly #general: Knowledge;
  readonly #ofText = new Knowledge(false);
  /** Who called when it last counted, and the stacks that they made one after the other. */
  readonly #callers: State[] = [];
  readonly #outers: Stack[] = [];

  /** `general`: what holds for every text. */
  constructor(general: Knowledge) {
    this.#general = general;
  }

  predict(place: Place): Prediction {
    const { decision, isLeftward, precedence, callers } = place;
    const general = this.#general;
    const key = `${decision.id} ${isLeftward ? precedence : ""}`;
    const run = { ...place, stacks: general.stacks, outer: undefined, known: general.of(key) };
    const found = new Simulation(run).run();
    if (found) return found;
    const { stacks } = this.#ofText;
    const outer = this.#outer(callers);
    const known = this.#ofText.of(`${decision.id} ${precedence}`, outer);
    return new Simulation({ ...place, stacks, outer, known }).run() ?? { alt: 1 };
  }

  /** The callers as a stack. Most of them are the same each time. */
  #outer(callers: readonly State[]): Stack {
    const { stacks } = this.#ofText;
    const known = this.#callers.findIndex((one, depth) => one !== callers[depth]);
    if (known >= 0) this.#callers.length = known;
    for (const to of callers.slice(this.#callers.length)) {
      const rest = this.#outers[this.#callers.length - 1] ?? stacks.bottom;
      this.#outers[this.#callers.length] = stacks.push(to, rest);
      this.#callers.push(to);
    }
    return this.#outers[callers.length - 1] ?? stacks.bottom;
  }
}

interface Run extends Place {
  readonly stacks: StackMaker;
  /** Who called the rule, where that counts. */
  readonly outer: Stack | undefined;
  readonly known: Map<string, Node>;
}

class Simulation {
  readonly #run: Run;
  readonly #isFull: boolean;

  constructor(run: Run) {
    this.#run = run;
    this.#isFull = run.outer !== undefined;
  }

  /** Undefined where it takes the callers to decide. */
  run(): Prediction | undefined {
    const { tokens, index, known } = this.#run;
    let node = known.get("") ?? this.#node(this.#first(), undefined);
    known.set("", node);
    for (let at = index; ; at = Math.min(at + 1, tokens.length - 1)) {
      node = this.#next(node, tokens[at]?.kind ?? "<EOF>");
      const { ways, alt, fallback } = node;
      if (ways.size === 0) return fallback === undefined ? { failedAt: at } : { alt: fallback };
      if (alt !== undefined) return { alt };
      if (!this.#isFull && node.isConflict) return undefined;
    }
  }

  #next(from: Node, kind: TokenKind): Node {
    const before = from.next.get(kind);
    if (before) return before;
    const ways = this.#advance(from.ways, kind);
    const node = ways.size === 0 ? this.#node(ways, this.#finished(from.ways)) : this.#shared(ways);
    from.next.set(kind, node);
    return node;
  }

  #shared(ways: Ways): Node {
    const { key } = ways;
    const node = this.#run.known.get(key) ?? this.#node(ways, undefined);
    this.#run.known.set(key, node);
    return node;
  }

  #node(ways: Ways, fallback: number | undefined): Node {
    const alt = ways.onlyAlternative ?? (this.#isFull ? ways.viable : undefined);
    const isConflict = alt === undefined && !this.#isFull && ways.isConflict;
    return { ways, alt, isConflict, fallback, next: new Map() };
  }

  #first(): Ways {
    const { decision, stacks, outer, isLeftward } = this.#run;
    const ways = new Ways(this.#isFull);
    for (const [index, edge] of decision.edges.entries()) {
      const start = { state: edge.to, alt: index + 1, level: undefined };
      const way = {
        ...start,
        stack: outer ?? stacks.bottom,
        isOutside: false,
        isUnfiltered: false,
      };
      new Closure({ ...this.#run, isStart: true, atEnd: false }, ways).add(way, 0);
    }
    return isLeftward && !this.#isFull ? this.#filtered(ways) : ways;
  }

  /** Without what the asked precedence forbids, and without ways out that are ways on as well. */
  #filtered(ways: Ways): Ways {
    const kept = new Ways(this.#isFull);
    const onward = new Map<State, string>();
    for (const [way, stacks] of ways.all) {
      if (way.alt !== 1) continue;
      if (way.level !== undefined && way.level < this.#run.precedence) continue;
      onward.set(way.state, stacks.key);
      kept.addAll({ ...way, level: undefined }, stacks);
    }
    for (const [way, stacks] of ways.all) {
      if (way.alt === 1) continue;
      if (!way.isUnfiltered && onward.get(way.state) === stacks.key) continue;
      kept.addAll(way, stacks);
    }
    return kept;
  }

  #advance(ways: Ways, kind: TokenKind): Ways {
    const atEnd = kind === "<EOF>";
    const reached = this.#over(ways, kind);
    const stopped = this.#isFull || atEnd ? ways.ended : [];
    if (!atEnd && stopped.length === 0 && reached.onlyAlternative !== undefined) return reached;
    const closed = new Ways(this.#isFull);
    const closure = new Closure({ ...this.#run, isStart: false, atEnd }, closed);
    for (const [way, stacks] of reached.all)
      for (const stack of stacks.all) closure.add({ ...way, stack }, 0);
    const result = atEnd ? closed.onlyEnded : closed;
    if (!this.#isFull || result.ended.length === 0)
      for (const [way, stacks] of stopped) result.addAll(way, stacks);
    return result;
  }

  /** Where the ways are behind the token, and no further. */
  #over(ways: Ways, kind: TokenKind): Ways {
    const reached = new Ways(this.#isFull);
    for (const [way, stacks] of ways.all)
      for (const edge of way.state.edges)
        if (edge.is === "tokens" && edge.kinds.has(kind))
          reached.addAll({ ...way, state: edge.to }, stacks);
    return reached;
  }

  /** The first alternative that had already read all that the decision's rule needs. */
  #finished(ways: Ways): number | undefined {
    const { bottom } = this.#run.stacks;
    const done = [...ways.all].filter(
      ([way, stacks]) =>
        way.isOutside || (way.state.role === "end of rule" && stacks.all.has(bottom)),
    );
    const allowed = done.filter(
      ([{ level }]) => level === undefined || level >= this.#run.precedence,
    );
    const alts = (allowed.length > 0 ? allowed : done).map(([{ alt }]) => alt);
    return alts.length === 0 ? undefined : Math.min(...alts);
  }
}

class Ways {
  readonly #isFull: boolean;
  readonly #byKey = new Map<string, [Way, Stacks]>();

  constructor(isFull: boolean) {
    this.#isFull = isFull;
  }

  get size(): number {
    return this.#byKey.size;
  }

  get all(): Iterable<readonly [Way, Stacks]> {
    return this.#byKey.values();
  }

  addAll(way: Way, stacks: Stacks): void {
    for (const stack of stacks.all) this.add({ ...way, stack });
  }

  add({ stack, ...way }: StackedWay): void {
    const key = `${way.state.id} ${way.alt} ${way.level ?? ""}`;
    const found = this.#byKey.get(key);
    const stacks = found?.[1] ?? new Stacks(!this.#isFull);
    stacks.add(stack);
    const isOutside = way.isOutside || found?.[0].isOutside === true;
    const isUnfiltered = way.isUnfiltered || found?.[0].isUnfiltered === true;
    if (found) found[0] = { ...way, isOutside, isUnfiltered };
    else this.#byKey.set(key, [way, stacks]);
  }

  /** The same for the same ways. */
  get key(): string {
    const keys = Array.from(
      this.#byKey,
      ([key, [way, stacks]]) =>
        `${key}${way.isOutside ? "^" : ""}${way.isUnfiltered ? "~" : ""} ${stacks.key}`,
    );
    return keys.toSorted().join();
  }

  get onlyAlternative(): number | undefined {
    const alts = new Set([...this.all].map(([{ alt }]) => alt));
    return alts.size === 1 ? [...alts][0] : undefined;
  }

  get ended(): readonly (readonly [Way, Stacks])[] {
    return [...this.all].filter(([{ state }]) => state.role === "end of rule");
  }

  get onlyEnded(): Ways {
    const kept = new Ways(this.#isFull);
    for (const [way, stacks] of this.ended) kept.addAll(way, stacks);
    return kept;
  }

  /** The alternatives that are in the same state with the same callers. */
  #subsets(): readonly ReadonlySet<number>[] {
    return grouped(this.all, (way, stacks) => `${way.state.id} ${stacks.key}`);
  }

  get isConflict(): boolean {
    if (this.ended.length === this.size) return true;
    if (!this.#subsets().some(({ size }) => size > 1)) return false;
    return grouped(this.all, ({ state }) => String(state.id)).every(({ size }) => size > 1);
  }

  /** The alternative that comes first wherever there are several. */
  get viable(): number | undefined {
    const firsts = new Set(this.#subsets().map((alts) => Math.min(...alts)));
    return firsts.size === 1 ? [...firsts][0] : undefined;
  }
}

function grouped(
  ways: Iterable<readonly [Way, Stacks]>,
  keyOf: (way: Way, stacks: Stacks) => string,
): readonly ReadonlySet<number>[] {
  const groups = new Map<string, Set<number>>();
  for (const [way, stacks] of ways) {
    const key = keyOf(way, stacks);
    groups.set(key, (groups.get(key) ?? new Set()).add(way.alt));
  }
  return [...groups.values()];
}

interface Walk extends Run {
  /** Precedences count where a decision begins, in its own rule. */
  readonly isStart: boolean;
  readonly atEnd: boolean;
}

/** All states that a way comes to without another token. */
class Closure {
  readonly #walk: Walk;
  readonly #into: Ways;
  readonly #seen = new Map<Stack, Set<string>>();

  constructor(walk: Walk, into: Ways) {
    this.#walk = walk;
    this.#into = into;
  }

  add(way: StackedWay, depth: number): void {
    const { state, stack } = way;
    if (this.#isSeen(way, depth)) return;
    if (state.role !== "end of rule") {
      if (state.edges.some(({ is }) => is === "tokens")) this.#into.add(way);
      for (const edge of state.edges) this.#follow(way, { edge, depth });
    } else if (stack.top !== undefined)
      this.add({ ...way, state: stack.top.to, stack: stack.top.rest }, depth);
    else if (this.#walk.outer !== undefined || state.edges.length === 0) this.#into.add(way);
    else for (const edge of state.edges) this.#leave(way, { edge, depth });
  }

  #isSeen(way: StackedWay, depth: number): boolean {
    const seen = this.#seen.get(way.stack) ?? new Set();
    this.#seen.set(way.stack, seen);
    const flags = `${way.level ?? ""}${way.isOutside ? "^" : ""}${way.isUnfiltered ? "~" : ""}`;
    const key = `${way.state.id} ${way.alt} ${flags}${depth === 0 ? " 0" : ""}`;
    if (seen.has(key)) return true;
    seen.add(key);
    return false;
  }

  /** Nobody knows who called the rule: on with whoever may have. */
  #leave(way: StackedWay, { edge, depth }: { readonly edge: Edge; readonly depth: number }): void {
    const { isLeftward, decision } = this.#walk;
    const isCalledFreely = edge.is === "return" && edge.precedence === 0;
    const isUnfiltered =
      way.isUnfiltered || (isLeftward && way.state.rule === decision.rule && isCalledFreely);
    this.add({ ...way, state: edge.to, isOutside: true, isUnfiltered }, depth - 1);
  }

  #follow(way: StackedWay, { edge, depth }: { readonly edge: Edge; readonly depth: number }): void {
    const { isStart, outer, atEnd, precedence, stacks } = this.#walk;
    const on = { ...way, state: edge.to };
    switch (edge.is) {
      case "free":
      case "return":
        this.add(on, depth);
        return;
      case "rule":
        this.add(
          { ...on, stack: stacks.push(edge.follow, way.stack) },
          depth >= 0 ? depth + 1 : depth,
        );
        return;
      case "tokens":
        if (atEnd && edge.kinds.has("<EOF>")) this.add(on, depth);
        return;
      case "precedence":
        if (!isStart || depth !== 0) this.add(on, depth);
        else if (outer === undefined) this.add({ ...on, level: edge.level }, depth);
        else if (edge.level >= precedence) this.add(on, depth);
    }
  }
}
