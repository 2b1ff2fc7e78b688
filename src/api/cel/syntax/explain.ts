import { type CelFault, NOWHERE } from "../errors.ts";
import { MisreadingVisitor } from "./misreadings.ts";
import { Network } from "./network.ts";
import { Knowledge, Predictor } from "./predict.ts";
import { Reader } from "./read.ts";
import { ParsingStopped, Recovery } from "./recover.ts";
import { scan } from "./scan.ts";

/**
 * Says all that is wrong with the syntax of a text, as cel-go says it: its parser is ANTLR's, which skips
 * or makes up tokens and reads on. Slow: for texts that a quick parser has refused.
 */
export class SyntaxExplainer {
  #network: Network | undefined;
  readonly #knowledge = new Knowledge();

  explain(source: string): readonly CelFault[] {
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
      if (error.message !== "") stopped.push({ problem: error.message, at: NOWHERE });
    }
    return [...faults, ...recovery.faults, ...visitor.faults, ...stopped];
  }
}
