import { BOOL, type CelType, NULL, STRING } from "#api/cel/types.ts";
import type {
  MutatingAdmissionPolicy,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
} from "#api/object.ts";
import { nameOf } from "#api/object.ts";
import { type LabelMatcher, matcherOf } from "#api/selector.ts";
import { Conditions, Expression } from "../cel/expression.ts";
import type { Rule } from "../webhooks/hook.ts";
import { type Scope, scopeOf, type Variables } from "./scope.ts";

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

/** Makes an expression of a source that may name these variables. */
export type Compile = (
  source: string,
  variables: Variables,
  results?: readonly CelType[],
) => Expression;

const compiled: Compile = (source, variables, results) =>
  new Expression(source, { variables, ...(results && { results }) });

/** The parts of a policy that both kinds have, and what its other expressions may name. */
export function policyBase(
  object: ValidatingAdmissionPolicy | MutatingAdmissionPolicy,
  compile: Compile,
): { readonly base: PolicyBase; readonly scope: Scope } {
  const { spec = {} } = object;
  const scope = scopeOf(spec, (source, variables) => compile(source, variables).type);
  const base = {
    name: nameOf(object),
    constraint: constraintOf(spec.matchConstraints),
    conditions: new Conditions(spec.matchConditions ?? [], scope.conditions),
    variables: (spec.variables ?? []).map(({ name, expression }, index) => ({
      name,
      expression: compile(expression, scope.variables[index] ?? scope.rules),
    })),
    paramKind: spec.paramKind,
    isOpen: spec.failurePolicy === "Ignore",
  };
  return { base, scope };
}

export function policyOf(object: ValidatingAdmissionPolicy): Policy {
  const { spec = {} } = object;
  const { base, scope } = policyBase(object, compiled);
  return {
    ...base,
    validations: (spec.validations ?? []).map((validation) => ({
      expression: compiled(validation.expression, scope.rules, [BOOL]),
      message: validation.message,
      messageExpression: validation.messageExpression
        ? compiled(validation.messageExpression, scope.messages, [STRING])
        : undefined,
      reason: validation.reason ?? "Invalid",
    })),
    annotations: (spec.auditAnnotations ?? []).map(({ key, valueExpression }) => ({
      key,
      expression: compiled(valueExpression, scope.rules, [STRING, NULL]),
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
