import { type Expression, partsOf } from "./ast.ts";
import { Budget } from "./budget.ts";
import { checkExpression, type StructTypes } from "./check.ts";
import { CelCompileError } from "./compile-error.ts";
import { estimateCost } from "./cost/estimate.ts";
import type { SizeBounds } from "./cost/known-sizes.ts";
import { CelError } from "./errors.ts";
import { type Bindings, evaluateExpression } from "./evaluate.ts";
import { foldConstants } from "./fold-constants.ts";
import { Functions, type Overload } from "./functions.ts";
import { KUBERNETES_LIBRARY } from "./library/library.ts";
import { parse } from "./parser.ts";
import { SyntaxExplainer } from "./syntax/explain.ts";
import type { CelType } from "./types.ts";
import type { CelValue } from "./values.ts";

export interface CompileOptions {
  /** What the expression may name. */
  readonly variables: ReadonlyMap<string, CelType>;
}

/** A compiled expression. */
export interface Program {
  readonly type: CelType;
  /**
   * Why cel-go makes no program of it, though its types are right: a constant that cannot be
   * converted, a pattern that is none. An evaluation fails where it meets that.
   */
  readonly obstacle: string | undefined;
  /** True where the expression names that variable. */
  uses(variable: string): boolean;
  /** The most that an evaluation may cost, infinite where nothing bounds it: Kubernetes' estimate. */
  estimate(bounds: SizeBounds): number;
  /** @throws CelError where there is no value, CelCostError when the budget is used up. */
  evaluate(bindings: Bindings, budget: Budget): CelValue;
}

/** CEL with the functions that Kubernetes has, and perhaps more. */
export class CelEnvironment {
  readonly #functions: Functions;
  readonly #structs: StructTypes;
  readonly #syntax = new SyntaxExplainer();

  constructor(more: Iterable<Overload> = [], structs: StructTypes = () => undefined) {
    this.#functions = new Functions([...KUBERNETES_LIBRARY, ...more]);
    this.#structs = structs;
  }

  /** Parses and type-checks an expression. @throws CelCompileError */
  compile(source: string, { variables }: CompileOptions): Program {
    const functions = this.#functions;
    const structs = this.#structs;
    const checked = withinStack(
      () => checkExpression(parse(source, this.#syntax), { functions, structs, variables }, source),
      () => tooDeep(source),
    );
    const { expression, type } = checked;
    const names = new Set(namesIn(expression));
    const unlimited = new Budget(Number.POSITIVE_INFINITY);
    const obstacles: string[] = [];
    const folded = withinStack(
      () =>
        foldConstants(expression, {
          evaluate: (constant) =>
            evaluateExpression(constant, { functions, bindings: new Map(), budget: unlimited }),
          failed: (problem) => obstacles.push(problem),
        }),
      () => tooDeep(source),
    );
    return {
      type,
      obstacle: obstacles[0],
      uses: (variable) => names.has(variable),
      estimate: (bounds) =>
        withinStack(
          () => estimateCost(checked, bounds),
          () => new CelError("expression recursion limit exceeded"),
        ),
      evaluate: (bindings, budget) =>
        withinStack(
          () => evaluateExpression(folded, { functions, bindings, budget }),
          () => new CelError("expression recursion limit exceeded"),
        ),
    };
  }
}

const tooDeep = (source: string): CelCompileError =>
  new CelCompileError(source, [{ problem: "expression recursion limit exceeded", at: 0 }]);

/** Runs what recurses as deep as an expression does; `tooDeep` says so where that is too deep. */
function withinStack<T>(run: () => T, tooDeep: () => Error): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof RangeError && /call stack/i.test(error.message)) throw tooDeep();
    throw error;
  }
}

/** All names in an expression, those of its own variables too. */
function* namesIn(expression: Expression): Iterable<string> {
  if (expression.is === "name") yield expression.name;
  for (const part of partsOf(expression)) yield* namesIn(part);
}
