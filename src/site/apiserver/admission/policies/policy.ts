import { BOOL, type CelType, NULL, STRING } from "#api/cel/types.ts";
import type {
  MutatingAdmissionPolicy,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
} from "#api/object.ts";
import { nameOf } from "#api/object.ts";
import { type LabelMatcher, matcherOf } from "#api/selector.ts";
import { Conditions, Expression, POLICY_VARIABLES } from "../cel/expression.ts";
import type { Rule } from "../webhooks/hook.ts";

type Spec = NonNullable<ValidatingAdmissionPolicy["spec"]>;
export type ParamKind = NonNullable<Spec["paramKind"]>;
type MatchResources = NonNullable<Spec["matchConstraints"]>;
export type BindingSpec = Pick<NonNullable<ValidatingAdmissionPolicyBinding["spec"]>, "paramRef">;

/** `MatchResources`, ready to be matched. */
export interface Constraint {
  /** Undefined for everything: a binding need not narrow its policy down. */
  readonly rules: readonly Rule[] | undefined;
  readonly excluded: readonly Rule[];
  readonly isEquivalent: boolean;
  readonly namespaces: LabelMatcher;
  readonly objects: LabelMatcher;
}

export interface Validation {
  readonly expression: Expression;
  readonly message: string | undefined;
  readonly messageExpression: Expression | undefined;
  readonly reason: string;
}

/** What policies of both kinds have, their expressions compiled. */
export interface PolicyBase {
  readonly name: string;
  readonly constraint: Constraint;
  readonly conditions: Conditions;
  readonly variables: readonly { readonly name: string; readonly expression: Expression }[];
  readonly paramKind: ParamKind | undefined;
  /** `failurePolicy: Ignore` */
  readonly isOpen: boolean;
}

/** A ValidatingAdmissionPolicy whose expressions are compiled. */
export interface Policy extends PolicyBase {
  readonly validations: readonly Validation[];
  /** What is noted in the audit log, by its key. */
  readonly annotations: readonly { readonly key: string; readonly expression: Expression }[];
}

const expressionOf = (source: string, ...results: readonly CelType[]): Expression =>
  new Expression(source, { variables: POLICY_VARIABLES, results });

/** The parts of a policy that both kinds have; `compile` makes an expression of a source. */
export function policyBase(
  object: ValidatingAdmissionPolicy | MutatingAdmissionPolicy,
  compile: (source: string) => Expression,
): PolicyBase {
  const { spec = {} } = object;
  return {
    name: nameOf(object),
    constraint: constraintOf(spec.matchConstraints),
    conditions: new Conditions(spec.matchConditions ?? [], POLICY_VARIABLES),
    variables: (spec.variables ?? []).map(({ name, expression }) => ({
      name,
      expression: compile(expression),
    })),
    paramKind: spec.paramKind,
    isOpen: spec.failurePolicy === "Ignore",
  };
}

export function policyOf(object: ValidatingAdmissionPolicy): Policy {
  const { spec = {} } = object;
  return {
    ...policyBase(object, expressionOf),
    validations: (spec.validations ?? []).map((validation) => ({
      expression: expressionOf(validation.expression, BOOL),
      message: validation.message,
      messageExpression: validation.messageExpression
        ? expressionOf(validation.messageExpression, STRING)
        : undefined,
      reason: validation.reason ?? "Invalid",
    })),
    annotations: (spec.auditAnnotations ?? []).map(({ key, valueExpression }) => ({
      key,
      expression: expressionOf(valueExpression, STRING, NULL),
    })),
  };
}

export function constraintOf(match: MatchResources | undefined): Constraint {
  const { resourceRules, excludeResourceRules, matchPolicy } = match ?? {};
  return {
    rules: resourceRules,
    excluded: excludeResourceRules ?? [],
    isEquivalent: matchPolicy !== "Exact",
    namespaces: matcherOf(match?.namespaceSelector ?? {}),
    objects: matcherOf(match?.objectSelector ?? {}),
  };
}
