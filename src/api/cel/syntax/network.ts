import { type Alternative, GRAMMAR, type Part, type RuleName } from "./grammar.ts";
import type { TokenKind } from "./tokens.ts";

/** A point between two tokens of a rule. The parser resynchronises where something may begin, and where it may come again. */
export interface State {
  readonly id: number;
  readonly rule: RuleName;
  readonly role: "again" | "begin" | "end of rule" | "plain";
  readonly edges: Edge[];
}

export type Edge =
  | { readonly is: "free"; readonly to: State }
  /** From the end of a rule to what follows one of its calls, and what precedence that asked for. */
  | { readonly is: "return"; readonly to: State; readonly precedence: number }
  | { readonly is: "tokens"; readonly to: State; readonly kinds: ReadonlySet<TokenKind> }
  | { readonly is: "precedence"; readonly to: State; readonly level: number }
  | {
      readonly is: "rule";
      readonly to: State;
      readonly follow: State;
      readonly precedence: number;
    };

/** A part of a rule, with the states that the parser is in while it reads it. */
export type Step =
  | {
      readonly is: "token";
      readonly at: State;
      readonly kinds: ReadonlySet<TokenKind>;
      readonly as: string;
    }
  | {
      readonly is: "rule";
      readonly at: State;
      readonly follow: State;
      readonly rule: RuleName;
      readonly precedence: number;
      readonly as: string;
    }
  | { readonly is: "optional"; readonly at: State; readonly steps: readonly Step[] }
  | (Loop & { readonly is: "many"; readonly steps: readonly Step[] })
  | (Loop & { readonly is: "some"; readonly steps: readonly Step[] })
  | (Branches & { readonly is: "choice"; readonly deep: boolean })
  | (Loop & Branches & { readonly is: "leftward"; readonly block: State });

interface Loop {
  readonly at: State;
  readonly again: State;
  readonly deep: boolean;
}

interface Branches {
  readonly at: State;
  readonly of: readonly { readonly name: string; readonly steps: readonly Step[] }[];
}

/** What may come next in a rule; `canEnd` where the rule may be over. */
export interface Next {
  readonly kinds: ReadonlySet<TokenKind>;
  readonly canEnd: boolean;
}

/** The grammar as a network of states, as ANTLR makes one of it. */
export class Network {
  readonly #starts = new Map<RuleName, State>();
  readonly #stops = new Map<RuleName, State>();
  readonly #steps = new Map<RuleName, readonly Step[]>();
  readonly #next = new Map<State, Next>();
  #states = 0;

  constructor() {
    const names = Object.keys(GRAMMAR) as RuleName[];
    for (const name of names) {
      this.#starts.set(name, this.#state(name));
      this.#stops.set(name, this.#state(name, "end of rule"));
    }
    for (const name of names) {
      const end = this.#state(name);
      this.#steps.set(name, this.#sequence(GRAMMAR[name], this.start(name), end));
      end.edges.push({ is: "free", to: this.#stop(name) });
    }
  }

  start(rule: RuleName): State {
    return known(this.#starts, rule);
  }

  steps(rule: RuleName): readonly Step[] {
    return known(this.#steps, rule);
  }

  /** What may come next without leaving the rule. */
  next(state: State): Next {
    const found = this.#next.get(state);
    if (found) return found;
    const kinds = new Set<TokenKind>();
    const next = { kinds, canEnd: this.#collect(state, { kinds, seen: new Set() }) };
    this.#next.set(state, next);
    return next;
  }

  /** What may come next, where the rule is over in what called it; `callers` has the innermost last. */
  expected(state: State, callers: readonly State[]): ReadonlySet<TokenKind> {
    const kinds = new Set<TokenKind>();
    let next = this.next(state);
    for (let depth = callers.length - 1; ; depth -= 1) {
      for (const kind of next.kinds) kinds.add(kind);
      if (!next.canEnd) return kinds;
      const caller = callers[depth];
      if (caller === undefined) return kinds.add("<EOF>");
      next = this.next(caller);
    }
  }

  /** Returns whether the rule may end here. No rule is empty, so that none ends in one that it calls. */
  #collect(
    state: State,
    into: { readonly kinds: Set<TokenKind>; readonly seen: Set<State> },
  ): boolean {
    if (into.seen.has(state)) return false;
    into.seen.add(state);
    if (state.role === "end of rule") return true;
    let canEnd = false;
    for (const edge of state.edges) {
      if (edge.is === "tokens") for (const kind of edge.kinds) into.kinds.add(kind);
      else if (edge.is === "rule")
        for (const kind of this.next(edge.to).kinds) into.kinds.add(kind);
      else canEnd = this.#collect(edge.to, into) || canEnd;
    }
    return canEnd;
  }

  #state(rule: RuleName, role: State["role"] = "plain"): State {
    this.#states += 1;
    return { id: this.#states, rule, role, edges: [] };
  }

  #stop(rule: RuleName): State {
    return known(this.#stops, rule);
  }

  #sequence(parts: readonly Part[], from: State, to: State): readonly Step[] {
    let end = from;
    return parts.flatMap((part, index) => {
      const at = this.#state(from.rule, roleOf(part));
      end.edges.push({ is: "free", to: at });
      end = index === parts.length - 1 ? to : this.#state(from.rule);
      return this.#step(part, at, end) ?? [];
    });
  }

  #step(part: Part, at: State, end: State): Step | undefined {
    switch (part.is) {
      case "token": {
        const kinds = new Set(part.kinds);
        at.edges.push({ is: "tokens", to: end, kinds });
        return { is: "token", at, kinds, as: part.as };
      }
      case "rule": {
        const { rule, precedence, as } = part;
        at.edges.push({ is: "rule", to: this.start(rule), follow: end, precedence });
        this.#stop(rule).edges.push({ is: "return", to: end, precedence });
        return { is: "rule", at, follow: end, rule, precedence, as };
      }
      case "precedence":
        at.edges.push({ is: "precedence", to: end, level: part.level });
        return undefined;
      case "optional": {
        const steps = this.#branch(part.parts, at, end);
        at.edges.push({ is: "free", to: end });
        return { is: "optional", at, steps };
      }
      case "many": {
        const again = this.#again(at, at);
        const steps = this.#branch(part.parts, at, again);
        at.edges.push({ is: "free", to: end });
        return { is: "many", at, again, deep: part.deep, steps };
      }
      case "some": {
        const again = this.#again(at, at);
        again.edges.push({ is: "free", to: end });
        return {
          is: "some",
          at,
          again,
          deep: part.deep,
          steps: this.#branch(part.parts, at, again),
        };
      }
      case "choice":
        return { is: "choice", at, deep: part.deep, of: this.#branches(part.of, at, end) };
      case "leftward": {
        const block = this.#state(at.rule, "begin");
        const again = this.#again(at, at);
        at.edges.push({ is: "free", to: block }, { is: "free", to: end });
        return {
          is: "leftward",
          at,
          again,
          deep: true,
          block,
          of: this.#branches(part.of, block, again),
        };
      }
    }
  }

  #again({ rule }: State, to: State): State {
    const again = this.#state(rule, "again");
    again.edges.push({ is: "free", to });
    return again;
  }

  #branches(of: readonly Alternative[], at: State, end: State): Branches["of"] {
    return of.map(([name, parts]) => ({ name, steps: this.#branch(parts, at, end) }));
  }

  #branch(parts: readonly Part[], at: State, end: State): readonly Step[] {
    const from = this.#state(at.rule);
    at.edges.push({ is: "free", to: from });
    return this.#sequence(parts, from, end);
  }
}

const roleOf = ({ is }: Part): State["role"] =>
  is === "token" || is === "rule" || is === "precedence" ? "plain" : "begin";

function known<T>(map: ReadonlyMap<RuleName, T>, rule: RuleName): T {
  const found = map.get(rule);
  if (found === undefined) throw new TypeError(`No rule ${rule}`);
  return found;
}
