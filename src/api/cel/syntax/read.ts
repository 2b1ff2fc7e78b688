import type { RuleName } from "./grammar.ts";
import type { Network, State, Step } from "./network.ts";
import type { Predictor } from "./predict.ts";
import { type Failure, ParsingStopped, type Recovery } from "./recover.ts";
import { SyntaxNode } from "./tree.ts";

const MAX_DEPTH = 250;

/** Where a rule is given up. */
interface Stop {
  readonly failure: Failure;
  readonly state: State;
}

/** Reads a text by the grammar, on over what is wrong, and makes a tree of what it finds. */
export class Reader {
  readonly #network: Network;
  readonly #recovery: Recovery;
  readonly #predictor: Predictor;
  readonly #precedences: number[] = [];
  readonly #depths = new Map<RuleName, number>();

  constructor(network: Network, predictor: Predictor, recovery: Recovery) {
    this.#network = network;
    this.#predictor = predictor;
    this.#recovery = recovery;
  }

  /** @throws ParsingStopped */
  rule(name: RuleName, precedence = 0): SyntaxNode {
    const depth = (this.#depths.get(name) ?? 0) + 1;
    if (depth > MAX_DEPTH)
      throw new ParsingStopped(`expression recursion limit exceeded: ${MAX_DEPTH}`);
    this.#depths.set(name, depth);
    this.#precedences.push(precedence);
    const frame = new Frame(name, this.#recovery);
    const stop = this.#steps(this.#network.steps(name), frame);
    if (stop) this.#recovery.giveUp(stop.failure, stop.state);
    this.#precedences.pop();
    this.#depths.set(name, depth - 1);
    return frame.node;
  }

  #steps(steps: readonly Step[], frame: Frame): Stop | undefined {
    for (const step of steps) {
      const stop = this.#step(step, frame);
      if (stop) return stop;
    }
    return undefined;
  }

  #step(step: Step, frame: Frame): Stop | undefined {
    switch (step.is) {
      case "token": {
        const token = this.#recovery.match(step.at, step.kinds);
        if ("expected" in token) return { failure: token, state: step.at };
        frame.node.addToken(step.as, token);
        return undefined;
      }
      case "rule": {
        this.#recovery.callers.push(step.follow);
        const node = this.rule(step.rule, step.precedence);
        this.#recovery.callers.pop();
        frame.node.addNode(step.as, node);
        return undefined;
      }
      case "optional": {
        const failure = this.#recovery.sync(step.at);
        if (failure) return { failure, state: step.at };
        return this.#begins(step.steps) ? this.#steps(step.steps, frame) : undefined;
      }
      case "many":
        return this.#many(step, frame);
      case "some":
        return this.#some(step, frame);
      case "choice": {
        const chosen = this.#choose(step);
        if ("failure" in chosen) return chosen;
        frame.node.name = chosen.name;
        return this.#steps(chosen.steps, frame);
      }
      case "leftward":
        return this.#leftward(step, frame);
    }
  }

  #begins([first]: readonly Step[]): boolean {
    return first !== undefined && this.#network.next(first.at).kinds.has(this.#recovery.token.kind);
  }

  #many(step: Extract<Step, { is: "many" }>, frame: Frame): Stop | undefined {
    for (let at = step.at; ; at = step.again) {
      const failure = this.#recovery.sync(at);
      if (failure) return { failure, state: at };
      const goesOn = step.deep ? this.#predict(step.at, at) : this.#begins(step.steps) ? 1 : 2;
      if (typeof goesOn === "object") return goesOn;
      if (goesOn !== 1) return undefined;
      const stop = this.#steps(step.steps, frame);
      if (stop) return stop;
    }
  }

  #some(step: Extract<Step, { is: "some" }>, frame: Frame): Stop | undefined {
    const failure = this.#recovery.sync(step.at);
    if (failure) return { failure, state: step.at };
    for (;;) {
      const stop = this.#steps(step.steps, frame);
      if (stop) return stop;
      this.#recovery.sync(step.again);
      const goesOn = step.deep
        ? this.#predict(step.again, step.again)
        : this.#begins(step.steps)
          ? 1
          : 2;
      if (typeof goesOn === "object") return goesOn;
      if (goesOn !== 1) return undefined;
    }
  }

  #leftward(step: Extract<Step, { is: "leftward" }>, frame: Frame): Stop | undefined {
    for (let at = step.at; ; at = step.again) {
      const failure = this.#recovery.sync(at);
      if (failure) return { failure, state: at };
      const goesOn = this.#predict(step.at, at, true);
      if (typeof goesOn === "object") return goesOn;
      if (goesOn !== 1) return undefined;
      const chosen = this.#alternative(step);
      if ("failure" in chosen) return chosen;
      frame.node = leftOf(frame.node, chosen.name);
      const stop = this.#steps(chosen.steps, frame);
      if (stop) return stop;
    }
  }

  #alternative(step: Extract<Step, { is: "leftward" }>) {
    const [only, ...others] = step.of;
    if (only && others.length === 0) return only;
    return this.#choose({ is: "choice", at: step.block, deep: true, of: step.of });
  }

  #choose(step: Extract<Step, { is: "choice" }>): (typeof step.of)[number] | Stop {
    const failure = this.#recovery.sync(step.at);
    if (failure) return { failure, state: step.at };
    if (step.deep) {
      const alt = this.#predict(step.at, step.at);
      if (typeof alt === "object") return alt;
      const chosen = step.of[alt - 1];
      if (chosen) return chosen;
    }
    const chosen = step.of.find(({ steps }) => this.#begins(steps));
    if (chosen) return chosen;
    return { failure: this.#recovery.noAlternative(this.#recovery.position), state: step.at };
  }

  /** The number of the alternative. The parser is in `state`. */
  #predict(decision: State, state: State, isLeftward = false): number | Stop {
    const { tokens, position: index, callers } = this.#recovery;
    const precedence = this.#precedences.at(-1) ?? 0;
    const found = this.#predictor.predict({
      decision,
      tokens,
      index,
      callers,
      precedence,
      isLeftward,
    });
    if ("alt" in found) return found.alt;
    return { failure: this.#recovery.noAlternative(found.failedAt), state };
  }
}

class Frame {
  node: SyntaxNode;

  constructor(name: RuleName, { token }: Recovery) {
    this.node = new SyntaxNode(name, token);
  }
}

function leftOf(left: SyntaxNode, name: string): SyntaxNode {
  const node = new SyntaxNode(name, left.start);
  node.addNode("left", left);
  return node;
}
