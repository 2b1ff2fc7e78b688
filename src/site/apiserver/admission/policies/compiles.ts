import type { CelEnvironment } from "#api/cel/program.ts";
import { BOOL, type CelType, DYN, STRING } from "#api/cel/types.ts";
import { type FieldError, invalid } from "#api/field-error.ts";
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
import {
  Expression,
  MUTATION_ENVIRONMENT,
  POLICY_VARIABLES,
  WEBHOOK_VARIABLES,
} from "../cel/expression.ts";
import type { AdmissionPlugin } from "../plugin.ts";
import { CONFIGURATION, OPERATIONS } from "./mutating-policy.ts";

type Variables = ReadonlyMap<string, CelType>;

interface Written {
  readonly field: string;
  readonly source: string | undefined;
  readonly result?: CelType;
  readonly environment?: CelEnvironment;
}

/** Policies and webhooks are taken only with expressions that compile. */
export const compilingExpressions: readonly AdmissionPlugin[] = [
  compiling(VALIDATING_ADMISSION_POLICIES, {
    written: policyExpressions,
    variables: POLICY_VARIABLES,
  }),
  compiling(MUTATING_ADMISSION_POLICIES, {
    written: mutationExpressions,
    variables: POLICY_VARIABLES,
  }),
  compiling(MUTATING_WEBHOOK_CONFIGURATIONS, { written: conditions, variables: WEBHOOK_VARIABLES }),
  compiling(VALIDATING_WEBHOOK_CONFIGURATIONS, {
    written: conditions,
    variables: WEBHOOK_VARIABLES,
  }),
];

function compiling<T extends KubeObject>(
  kind: Resource<T>,
  { written, variables }: { written(object: T): readonly Written[]; variables: Variables },
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
        before.has(one.source) ? [] : faultsOf(one, variables),
      );
      const { name = "" } = object.metadata ?? {};
      if (errors.length > 0) throw invalidObject({ resource: kind, name }, errors);
    },
  };
}

function faultsOf(
  { field, source, result = DYN, environment }: Written,
  variables: Variables,
): readonly FieldError[] {
  if (source === undefined || source.trim() === "") return [];
  const { fault } = new Expression(source, {
    variables,
    result,
    ...(environment && { environment }),
  });
  if (fault === undefined) return [];
  return [invalid(field, { value: source, detail: `compilation failed: ${fault}` })];
}

function conditions({
  webhooks = [],
}: MutatingWebhookConfiguration | ValidatingWebhookConfiguration): readonly Written[] {
  return webhooks.flatMap(({ matchConditions = [] }, at) =>
    matchConditions.map(({ expression }, index) => ({
      field: `webhooks[${at}].matchConditions[${index}].expression`,
      source: expression,
      result: BOOL,
    })),
  );
}

function policyExpressions({ spec = {} }: ValidatingAdmissionPolicy): readonly Written[] {
  const all = (
    list: string,
    sources: readonly (string | undefined)[],
    result?: CelType,
  ): readonly Written[] =>
    sources.map((source, index) => ({
      field: `spec.${list.replace("[]", `[${index}]`)}`,
      source,
      ...(result && { result }),
    }));
  const { validations = [], variables = [], matchConditions = [], auditAnnotations = [] } = spec;
  return [
    ...all(
      "variables[].expression",
      variables.map(({ expression }) => expression),
    ),
    ...all(
      "validations[].expression",
      validations.map(({ expression }) => expression),
      BOOL,
    ),
    ...all(
      "validations[].messageExpression",
      validations.map(({ messageExpression }) => messageExpression),
      STRING,
    ),
    ...all(
      "matchConditions[].expression",
      matchConditions.map(({ expression }) => expression),
      BOOL,
    ),
    ...all(
      "auditAnnotations[].valueExpression",
      auditAnnotations.map(({ valueExpression }) => valueExpression),
    ),
  ];
}

function mutationExpressions({ spec = {} }: MutatingAdmissionPolicy): readonly Written[] {
  const { mutations = [], variables = [], matchConditions = [] } = spec;
  const environment = MUTATION_ENVIRONMENT;
  return [
    ...variables.map(({ expression }, index) => ({
      field: `spec.variables[${index}].expression`,
      source: expression,
      environment,
    })),
    ...mutations.flatMap(({ applyConfiguration, jsonPatch }, index) => [
      {
        field: `spec.mutations[${index}].applyConfiguration.expression`,
        source: applyConfiguration?.expression,
        result: CONFIGURATION,
        environment,
      },
      {
        field: `spec.mutations[${index}].jsonPatch.expression`,
        source: jsonPatch?.expression,
        result: OPERATIONS,
        environment,
      },
    ]),
    ...matchConditions.map(({ expression }, index) => ({
      field: `spec.matchConditions[${index}].expression`,
      source: expression,
      result: BOOL,
    })),
  ];
}
