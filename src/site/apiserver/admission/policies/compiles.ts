import type { CelEnvironment } from "#api/cel/program.ts";
import { BOOL, type CelType, NULL, STRING } from "#api/cel/types.ts";
import { type FieldError, internal, invalid } from "#api/field-error.ts";
import type {
  KubeObject,
  MutatingAdmissionPolicy,
  MutatingWebhookConfiguration,
  ValidatingAdmissionPolicy,
  ValidatingWebhookConfiguration,
} from "#api/object.ts";
import type { Resource } from "#api/resource.ts";
import {
  MUTATING_ADMISSION_POLICIES,
  MUTATING_WEBHOOK_CONFIGURATIONS,
  VALIDATING_ADMISSION_POLICIES,
  VALIDATING_WEBHOOK_CONFIGURATIONS,
} from "#api/resources.ts";
import { invalidObject } from "#api/status.ts";
import { Expression, MUTATION_ENVIRONMENT, WEBHOOK_VARIABLES } from "../cel/expression.ts";
import type { AdmissionPlugin } from "../plugin.ts";
import { CONFIGURATION, OPERATIONS } from "./mutating-policy.ts";
import { type Scope, scopeOf } from "./scope.ts";

type Variables = ReadonlyMap<string, CelType>;

interface Written {
  readonly field: string;
  readonly source: string | undefined;
  readonly variables: Variables;
  readonly results?: readonly CelType[];
  readonly environment?: CelEnvironment;
}

/** Policies and webhooks are taken only with expressions that compile. */
export const compilingExpressions: readonly AdmissionPlugin[] = [
  compiling(VALIDATING_ADMISSION_POLICIES, policyExpressions),
  compiling(MUTATING_ADMISSION_POLICIES, mutationExpressions),
  compiling(MUTATING_WEBHOOK_CONFIGURATIONS, conditions),
  compiling(VALIDATING_WEBHOOK_CONFIGURATIONS, conditions),
];

function compiling<T extends KubeObject>(
  kind: Resource<T>,
  written: (object: T) => readonly Written[],
): AdmissionPlugin<T> {
  return {
    kinds: [kind],
    validate({ object, current }) {
      if (object === undefined) return;
      // What was taken once is not held against a change of something else.
      const before = new Set(
        current === undefined ? [] : written(current).map(({ source }) => source),
      );
      const errors = written(object).flatMap((one) =>
        before.has(one.source) ? [] : faultsOf(one),
      );
      const { name = "" } = object.metadata ?? {};
      if (errors.length > 0) throw invalidObject({ resource: kind, name }, errors);
    },
  };
}

function faultsOf({ field, source, ...options }: Written): readonly FieldError[] {
  if (source === undefined || source.trim() === "") return [];
  const { fault } = new Expression(source, options);
  if (fault === undefined) return [];
  const { detail, isInternal } = fault;
  return [isInternal ? internal(field, detail) : invalid(field, { value: source, detail })];
}

function conditions({
  webhooks = [],
}: MutatingWebhookConfiguration | ValidatingWebhookConfiguration): readonly Written[] {
  return webhooks.flatMap(({ matchConditions = [] }, at) =>
    matchConditions.map(({ expression }, index) => ({
      field: `webhooks[${at}].matchConditions[${index}].expression`,
      source: expression,
      variables: WEBHOOK_VARIABLES,
      results: [BOOL],
    })),
  );
}

function policyExpressions({ spec = {} }: ValidatingAdmissionPolicy): readonly Written[] {
  const scope = scopeOf(spec, (source, variables) => new Expression(source, { variables }).type);
  const { validations = [], auditAnnotations = [] } = spec;
  return [
    ...variablesOf(spec, scope),
    ...validations.flatMap(({ expression, messageExpression }, index) => [
      {
        field: `spec.validations[${index}].expression`,
        source: expression,
        variables: scope.rules,
        results: [BOOL],
      },
      {
        field: `spec.validations[${index}].messageExpression`,
        source: messageExpression,
        variables: scope.messages,
        results: [STRING],
      },
    ]),
    ...conditionsOf(spec, scope),
    ...auditAnnotations.map(({ valueExpression }, index) => ({
      field: `spec.auditAnnotations[${index}].valueExpression`,
      source: valueExpression,
      variables: scope.rules,
      results: [STRING, NULL],
    })),
  ];
}

function mutationExpressions({ spec = {} }: MutatingAdmissionPolicy): readonly Written[] {
  const environment = MUTATION_ENVIRONMENT;
  const scope = scopeOf(
    spec,
    (source, variables) => new Expression(source, { variables, environment }).type,
  );
  const { mutations = [] } = spec;
  const { rules: variables } = scope;
  return [
    ...variablesOf(spec, scope).map((one) => ({ ...one, environment })),
    ...mutations.flatMap(({ applyConfiguration, jsonPatch }, index) => [
      {
        field: `spec.mutations[${index}].applyConfiguration.expression`,
        source: applyConfiguration?.expression,
        variables,
        results: [CONFIGURATION],
        environment,
      },
      {
        field: `spec.mutations[${index}].jsonPatch.expression`,
        source: jsonPatch?.expression,
        variables,
        results: [OPERATIONS],
        environment,
      },
    ]),
    ...conditionsOf(spec, scope),
  ];
}

type CommonSpec = Pick<
  NonNullable<(ValidatingAdmissionPolicy & MutatingAdmissionPolicy)["spec"]>,
  "matchConditions" | "variables"
>;

const variablesOf = ({ variables = [] }: CommonSpec, scope: Scope): readonly Written[] =>
  variables.map(({ expression }, index) => ({
    field: `spec.variables[${index}].expression`,
    source: expression,
    variables: scope.variables[index] ?? scope.rules,
  }));

const conditionsOf = ({ matchConditions = [] }: CommonSpec, scope: Scope): readonly Written[] =>
  matchConditions.map(({ expression }, index) => ({
    field: `spec.matchConditions[${index}].expression`,
    source: expression,
    variables: scope.conditions,
    results: [BOOL],
  }));
