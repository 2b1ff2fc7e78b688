import { Budget } from "#api/cel/budget.ts";
import { CelError } from "#api/cel/errors.ts";
import type { CelValue } from "#api/cel/values.ts";
import { ExpressionError } from "../cel/expression.ts";
import { LazyMap } from "../cel/values.ts";
import type { Policy, PolicyBase, Validation } from "./policy.ts";

/** cel-go's units for one policy, one binding and one parameter (`RuntimeCELCostBudget`). */
const COST = 10_000_000;
const MAX_MESSAGE_BYTES = 5 * 1024;
const MAX_ANNOTATION_LENGTH = 10 * 1024;

/** What a policy has against a request. */
export interface Objection {
  readonly message: string;
  /** Becomes the Status' reason. */
  readonly reason: string;
  /** Which of its expressions; the first, where it is about none. */
  readonly index: number;
}

/** What a policy has to say about a request. */
export interface Judgement {
  readonly objections: readonly Objection[];
  /** Keys and values for the audit log. */
  readonly annotations: readonly (readonly [key: string, value: string])[];
}

/** Judges a request with these bindings by a policy. */
export function judge(policy: Policy, given: ReadonlyMap<string, CelValue>): Judgement {
  const budget = new Budget(COST);
  const bindings = withVariables(policy, { given, budget });
  const judged = { bindings, budget };
  try {
    if (!policy.conditions.hold(bindings, budget)) return { objections: [], annotations: [] };
  } catch (error) {
    return { objections: failing(policy, error, 0), annotations: [] };
  }
  const objections = policy.validations.flatMap((validation, index) => {
    try {
      const holds = validation.expression.evaluate(bindings, budget) === true;
      return holds ? [] : [{ ...objectionOf(validation, judged), index }];
    } catch (error) {
      return failing(policy, error, index);
    }
  });
  const noted = annotationsOf(policy, judged);
  return { ...noted, objections: [...objections, ...noted.objections] };
}

function annotationsOf(
  policy: Policy,
  { bindings, budget }: { bindings: ReadonlyMap<string, CelValue>; budget: Budget },
): Judgement {
  const annotations: (readonly [string, string])[] = [];
  const objections = policy.annotations.flatMap(({ key, expression }) => {
    try {
      const value = expression.evaluate(bindings, budget);
      const text = typeof value === "string" ? value.trim() : "";
      if (text !== "") annotations.push([key, text.slice(0, MAX_ANNOTATION_LENGTH)]);
      return [];
    } catch (error) {
      return failing(policy, error, 0);
    }
  });
  return { objections, annotations };
}

/** Variables may name those before them; each is worked out once, when it is first named. */
export function withVariables(
  { variables }: Pick<PolicyBase, "variables">,
  { given, budget }: { given: ReadonlyMap<string, CelValue>; budget: Budget },
): ReadonlyMap<string, CelValue> {
  const bindings = new Map(given);
  const makers = variables.map(({ name, expression }) => {
    const make = (): CelValue => {
      try {
        return expression.evaluate(bindings, budget);
      } catch (error) {
        if (!(error instanceof ExpressionError)) throw error;
        const which = `composited variable ${JSON.stringify(name)}`;
        throw new CelError(`${which} fails to evaluate: ${error.why}`);
      }
    };
    return [name, make] as const;
  });
  return bindings.set("variables", new LazyMap(new Map(makers)));
}

/** An expression without a value counts against the request, unless the policy says otherwise. */
function failing({ isOpen }: Policy, error: unknown, index: number): readonly Objection[] {
  if (!(error instanceof ExpressionError)) throw error;
  return isOpen ? [] : [{ message: error.message, reason: "Invalid", index }];
}

function objectionOf(
  { expression, message, messageExpression, reason }: Validation,
  { bindings, budget }: { bindings: ReadonlyMap<string, CelValue>; budget: Budget },
): Omit<Objection, "index"> {
  const fallback = message || `failed expression: ${expression.source.trim()}`;
  if (messageExpression === undefined) return { message: fallback, reason };
  try {
    const made = messageExpression.evaluate(bindings, budget);
    const text = typeof made === "string" ? made.trim().slice(0, MAX_MESSAGE_BYTES) : "";
    return { message: text === "" || text.includes("\n") ? fallback : text, reason };
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    return { message: fallback, reason };
  }
}
