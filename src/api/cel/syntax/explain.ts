import { type CelFault, NOWHERE } from "../compile-error.ts";
import { MisreadingVisitor } from "./misreadings.ts";
import { Network } from "./network.ts";
import { Knowledge, Predictor } from "./predict.ts";
import { Reader } from "./read.ts";
import { ParsingStopped, Recovery, TooManyTokens } from "./recover.ts";
import { scan } from "./scan.ts";

const TOO_LONG =
  "Syntax error: something is wrong here or before; the expression is too long to say what";

/**
 * Says all that is wrong with the syntax of a text, as cel-go says it: its parser is ANTLR's, which skips
 * or makes up tokens and reads on. Slow: for texts that a quick parser has refused, and of the
 * longest only their beginnings.
 */
export class SyntaxExplainer {
  #network: Network | undefined;
  readonly #knowledge = new Knowledge(true);

  /** `at`: where another parser gave up. That is said where this one does not come to a fault. */
  explain(source: string, at = 0): readonly CelFault[] {
    this.#network ??= new Network();
    const { tokens, faults } = scan(source);
    const recovery = new Recovery(this.#network, tokens);
    const reader = new Reader(this.#network, new Predictor(this.#knowledge), recovery);
    const visitor = new MisreadingVisitor();
    const stopped: CelFault[] = [];
    try {
      visitor.visit(reader.rule("start"));
    } catch (error) {
      if (!(error instanceof ParsingStopped)) throw error;
      if (error instanceof TooManyTokens) {
        const isSilent = faults.length + recovery.faults.length === 0;
        if (isSilent) stopped.push({ problem: TOO_LONG, at });
      } else if (error.message !== "") stopped.push({ problem: error.message, at: NOWHERE });
    }
    return [...faults, ...recovery.faults, ...visitor.faults, ...stopped];
  }
}
