import { CelCompileError, CelError } from "#api/cel/errors.ts";
import type { Bindings, Budget } from "#api/cel/evaluate.ts";
import { CelEnvironment, type Program } from "#api/cel/program.ts";
import { BOOL, type CelType, DYN } from "#api/cel/types.ts";
import type { CelValue } from "#api/cel/values.ts";
import { explain } from "#lib/errors.ts";
import { AUTHORIZER_FUNCTIONS, AUTHORIZER_TYPE } from "./authorizer.ts";

const ENVIRONMENT = new CelEnvironment(AUTHORIZER_FUNCTIONS);

/** What every expression of admission may name. */
const COMMON: readonly (readonly [string, CelType])[] = [
  ["object", DYN],
  ["oldObject", DYN],
  ["request", DYN],
  ["authorizer", AUTHORIZER_TYPE],
];
const POLICY: readonly (readonly [string, CelType])[] = [
  ...COMMON,
  ["params", DYN],
  ["namespaceObject", DYN],
  ["variables", DYN],
];

/** What the expressions of webhooks may name, and those of policies. */
export const WEBHOOK_VARIABLES: ReadonlyMap<string, CelType> = new Map(COMMON);
export const POLICY_VARIABLES: ReadonlyMap<string, CelType> = new Map(POLICY);

/** An expression that was compiled once; a fault of it shows when it is evaluated. */
export class Expression {
  readonly source: string;
  readonly #program: Program | CelCompileError;

  constructor(
    source: string,
    { variables, result }: { variables: ReadonlyMap<string, CelType>; result?: CelType },
  ) {
    this.source = source;
    this.#program = compiled(source, { variables, ...(result && { result }) });
  }

  /** Why it is none; undefined where it is one. */
  get fault(): string | undefined {
    return this.#program instanceof CelCompileError ? this.#program.message : undefined;
  }

  /** @throws ExpressionError */
  evaluate(bindings: Bindings, budget: Budget): CelValue {
    const failed = (why: string): ExpressionError => new ExpressionError(this.source, why);
    if (this.#program instanceof CelCompileError) {
      throw failed(`compilation failed: ${this.#program.message}`);
    }
    try {
      return this.#program.evaluate(bindings, budget);
    } catch (error) {
      if (error instanceof CelError) throw failed(explain(error));
      throw error;
    }
  }
}

/** An expression that has no value, in Kubernetes' words. */
export class ExpressionError extends Error {
  override readonly name = "ExpressionError";
  readonly why: string;

  constructor(source: string, why: string) {
    super(`expression '${source}' resulted in error: ${why}`);
    this.why = why;
  }
}

function compiled(
  source: string,
  options: { variables: ReadonlyMap<string, CelType>; result?: CelType },
): Program | CelCompileError {
  try {
    return ENVIRONMENT.compile(source, options);
  } catch (error) {
    if (error instanceof CelCompileError) return error;
    throw error;
  }
}

/** Conditions under which something is asked or judged at all. */
export class Conditions {
  readonly #expressions: readonly Expression[];

  constructor(
    conditions: readonly { readonly expression: string }[],
    variables: ReadonlyMap<string, CelType>,
  ) {
    this.#expressions = conditions.map(
      ({ expression }) => new Expression(expression, { variables, result: BOOL }),
    );
  }

  get isEmpty(): boolean {
    return this.#expressions.length === 0;
  }

  /**
   * True where all of them hold; false where one does not, whatever becomes of the others.
   * @throws ExpressionError where none is false and one has no value.
   */
  hold(bindings: Bindings, budget: Budget): boolean {
    let failure: ExpressionError | undefined;
    for (const expression of this.#expressions) {
      try {
        if (expression.evaluate(bindings, budget) !== true) return false;
      } catch (error) {
        if (!(error instanceof ExpressionError)) throw error;
        failure ??= error;
      }
    }
    if (failure !== undefined) throw failure;
    return true;
  }
}
