import type { CelField, CelType } from "#api/cel/types.ts";
import type { ValidatingAdmissionPolicy } from "#api/object.ts";
import { POLICY_VARIABLES } from "../cel/expression.ts";

/** What an expression may name, and of which type it is. */
export type Variables = ReadonlyMap<string, CelType>;
type Declared = NonNullable<NonNullable<ValidatingAdmissionPolicy["spec"]>["variables"]>[number];

/** What the expressions of one policy may name. */
export interface Scope {
  /** Conditions see no variables of the policy. */
  readonly conditions: Variables;
  /** Each variable sees those before it. */
  readonly variables: readonly Variables[];
  readonly rules: Variables;
  /** Messages ask nobody whether somebody may. */
  readonly messages: Variables;
}

/**
 * The scope of a policy: parameters only where it says of which kind they are, and the variables that
 * it declares, of the type that `typeOf` finds.
 */
export function scopeOf(
  { paramKind, variables = [] }: { paramKind?: object; variables?: readonly Declared[] },
  typeOf: (expression: string, variables: Variables) => CelType,
): Scope {
  const conditions = new Map(POLICY_VARIABLES);
  conditions.delete("variables");
  if (paramKind === undefined) conditions.delete("params");
  const known: CelField[] = [];
  const withKnown = (): Variables => {
    const fields = new Map(known.map((field) => [field.name, field]));
    return new Map([
      ...conditions,
      ["variables", { is: "object", name: "kubernetes.variables", fields }],
    ]);
  };
  const ofVariables = variables.map(({ name, expression }) => {
    const before = withKnown();
    known.push({ name, type: typeOf(expression, before) });
    return before;
  });
  const rules = withKnown();
  const messages = new Map(rules);
  for (const name of ["authorizer", "authorizer.requestResource"]) messages.delete(name);
  return { conditions, variables: ofVariables, rules, messages };
}
