import { type FieldError, invalid, notSupported, required } from "../field-error.ts";
import type { PodDisruptionBudget } from "../object.ts";
import { each, nonNegativeFields, validateLabelSelector } from "./common.ts";
import { notMoreThanAll, validateIntOrPercent } from "./int-or-percent.ts";

type Condition = NonNullable<NonNullable<PodDisruptionBudget["status"]>["conditions"]>[number];

const EVICTION_POLICIES: readonly string[] = ["AlwaysAllow", "IfHealthyBudget"];

/** Errors of a PodDisruptionBudget. */
export function validatePodDisruptionBudget({ spec = {} }: PodDisruptionBudget): FieldError[] {
  const { minAvailable, maxUnavailable, unhealthyPodEvictionPolicy: policy } = spec;
  const errors: FieldError[] = [];
  if (minAvailable !== undefined && maxUnavailable !== undefined) {
    const detail = "minAvailable and maxUnavailable cannot be both set";
    errors.push(invalid("spec", { value: spec, detail }));
  }
  for (const [field, value] of Object.entries({ minAvailable, maxUnavailable })) {
    if (value === undefined) continue;
    errors.push(...validateIntOrPercent(value, `spec.${field}`));
    errors.push(...notMoreThanAll(value, `spec.${field}`));
  }
  errors.push(...validateLabelSelector(spec.selector, "spec.selector"));
  if (policy === undefined || EVICTION_POLICIES.includes(policy)) return errors;
  const rule = { value: policy, supported: EVICTION_POLICIES };
  return [...errors, notSupported("spec.unhealthyPodEvictionPolicy", rule)];
}

/** Errors of what its controller says of it. */
export function validatePodDisruptionBudgetStatus({ status }: PodDisruptionBudget): FieldError[] {
  return [
    ...each(status?.conditions, "status.conditions", validateCondition),
    ...nonNegativeFields(status, "status", [
      "disruptionsAllowed",
      "currentHealthy",
      "desiredHealthy",
      "expectedPods",
    ]),
  ];
}

const CONDITION_STATUSES: readonly string[] = ["False", "True", "Unknown"];

/** `metav1.Condition` */
function validateCondition(condition: Condition, path: string): FieldError[] {
  const { type, status, lastTransitionTime, reason } = condition;
  const errors: FieldError[] = type ? [] : [required(`${path}.type`)];
  if (!CONDITION_STATUSES.includes(status)) {
    errors.push(notSupported(`${path}.status`, { value: status, supported: CONDITION_STATUSES }));
  }
  if (!lastTransitionTime) errors.push(required(`${path}.lastTransitionTime`));
  if (!reason) errors.push(required(`${path}.reason`));
  return errors;
}
