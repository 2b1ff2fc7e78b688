import { NAMESPACE_TYPE, REQUEST_TYPE } from "#api/cel/admission-types.ts";
import { AUTHORIZER_FUNCTIONS, AUTHORIZER_TYPE, RESOURCE_CHECK_TYPE } from "#api/cel/authorizer.ts";
import type { Budget } from "#api/cel/budget.ts";
import { CelCompileError } from "#api/cel/compile-error.ts";
import { CelError } from "#api/cel/errors.ts";
import type { Bindings } from "#api/cel/evaluate.ts";
import { define } from "#api/cel/functions.ts";
import { CelEnvironment, type Program } from "#api/cel/program.ts";
import { BOOL, type CelType, DYN, declaredName, isSame, STRING } from "#api/cel/types.ts";
import type { CelValue } from "#api/cel/values.ts";
import { explain } from "#lib/errors.ts";

const ENVIRONMENT = new CelEnvironment(AUTHORIZER_FUNCTIONS);

const PATCH_FIELDS: Readonly<Record<string, CelType>> = {
  op: STRING,
  path: STRING,
  from: STRING,
  value: DYN,
};

/** What expressions that change objects may use as well: parts of objects, and operations on them. */
export const MUTATION_ENVIRONMENT = new CelEnvironment(
  [
    ...AUTHORIZER_FUNCTIONS,
    define("jsonpatch_escapeKey(string): string", (key) =>
      String(key).replaceAll("~", "~0").replaceAll("/", "~1"),
    ),
  ],
  (typeName) => {
    if (typeName === "JSONPatch") return (field) => PATCH_FIELDS[field];
    return /^Object(?:\.\w+)*$/.test(typeName) ? () => DYN : undefined;
  },
);

interface ExpressionOptions {
  readonly variables: ReadonlyMap<string, CelType>;
  /** What it may be, exactly; anything where absent. */
  readonly results?: readonly CelType[];
  /** Default: that of every expression of admission. */
  readonly environment?: CelEnvironment;
}

/** What every expression of admission may name. */
const COMMON: readonly (readonly [string, CelType])[] = [
  ["object", DYN],
  ["oldObject", DYN],
  ["request", REQUEST_TYPE],
  ["authorizer", AUTHORIZER_TYPE],
  ["authorizer.requestResource", RESOURCE_CHECK_TYPE],
];
const POLICY: readonly (readonly [string, CelType])[] = [
  ...COMMON,
  ["params", DYN],
  ["namespaceObject", NAMESPACE_TYPE],
  ["variables", DYN],
];

/** What the expressions of webhooks may name, and those of policies. */
export const WEBHOOK_VARIABLES: ReadonlyMap<string, CelType> = new Map(COMMON);
export const POLICY_VARIABLES: ReadonlyMap<string, CelType> = new Map(POLICY);

/** Why an expression is none; `isInternal` where its types are right all the same. */
export interface ExpressionFault {
  readonly detail: string;
  readonly isInternal: boolean;
}

/** An expression that was compiled once; a fault of it shows when it is evaluated. */
export class Expression {
  readonly source: string;
  /** Undefined where it is one. */
  readonly fault: ExpressionFault | undefined;
  readonly #program: Program | CelCompileError;

  constructor(source: string, options: ExpressionOptions) {
    this.source = source;
    this.#program = compiled(source, options);
    this.fault = faultOf(this.#program, options.results);
  }

  /** What its values are; anything where it is none. */
  get type(): CelType {
    return this.#program instanceof CelCompileError ? DYN : this.#program.type;
  }

  /** @throws ExpressionError */
  evaluate(bindings: Bindings, budget: Budget): CelValue {
    const failed = (why: string): ExpressionError => new ExpressionError(this.source, why);
    if (this.fault) throw failed(this.fault.detail);
    if (this.#program instanceof CelCompileError) throw failed(this.#program.message);
    try {
      return this.#program.evaluate(bindings, budget);
    } catch (error) {
      if (error instanceof CelError) throw failed(explain(error));
      throw error;
    }
  }
}

function faultOf(
  program: Program | CelCompileError,
  results: readonly CelType[] = [],
): ExpressionFault | undefined {
  if (program instanceof CelCompileError)
    return { detail: `compilation failed: ${program.message}`, isInternal: false };
  const { type, obstacle } = program;
  if (results.length > 0 && !results.some((one) => isSame(one, type))) {
    const names = results.map(declaredName);
    const wanted = names.length === 1 ? names[0] : `one of [${names.join(" ")}]`;
    const detail = `must evaluate to ${wanted} but got ${declaredName(type)}`;
    return { detail, isInternal: false };
  }
  return obstacle === undefined
    ? undefined
    : { detail: `program instantiation failed: ${obstacle}`, isInternal: true };
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
  { environment = ENVIRONMENT, variables }: ExpressionOptions,
): Program | CelCompileError {
  try {
    return environment.compile(source, { variables });
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
      ({ expression }) => new Expression(expression, { variables, results: [BOOL] }),
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
