import { type FieldError, invalid, notSupported } from "../field-error.ts";
import { held } from "../held/held-json.ts";
import type { PodDisruptionBudget } from "../object.ts";
import { nonNegativeFields, validateLabelSelector } from "./common.ts";
import { validateConditions } from "./conditions.ts";
import { notMoreThanAll, validateIntOrPercent } from "./int-or-percent.ts";

const EVICTION_POLICIES: readonly string[] = ["AlwaysAllow", "IfHealthyBudget"];

/** Errors of a PodDisruptionBudget. */
export function validatePodDisruptionBudget({ spec = {} }: PodDisruptionBudget): FieldError[] {
  const { minAvailable, maxUnavailable, unhealthyPodEvictionPolicy: policy } = spec;
  const errors: FieldError[] = [];
  if (minAvailable !== undefined && maxUnavailable !== undefined) {
    const detail = "minAvailable and maxUnavailable cannot be both set";
    const value = held("io.k8s.api.policy.v1.PodDisruptionBudgetSpec", spec);
    errors.push(invalid("spec", { value, detail }));
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
    ...validateConditions(status?.conditions, "status.conditions"),
    ...nonNegativeFields(status, "status", [
      "disruptionsAllowed",
      "currentHealthy",
      "desiredHealthy",
      "expectedPods",
    ]),
  ];
}
