import type { LimitRange, PodDisruptionBudget, ResourceQuota } from "../object.ts";
import { canonicalizeAmounts } from "./quantities.ts";

type Limit = NonNullable<LimitRange["spec"]>["limits"][number];

/** Fills in, for containers, what follows from one bound for the others. */
export function setLimitRangeDefaults({ spec }: LimitRange): void {
  for (const limit of spec?.limits ?? []) {
    if (limit.type === "Container") setContainerLimitDefaults(limit);
    for (const amounts of [limit.max, limit.min, limit.default, limit.defaultRequest]) {
      canonicalizeAmounts(amounts);
    }
    canonicalizeAmounts(limit.maxLimitRequestRatio);
  }
}

/** The default is at most the maximum, the default request that or at least the minimum. */
function setContainerLimitDefaults(limit: Limit): void {
  const limits = { ...limit.max, ...limit.default };
  const requests = { ...limit.min, ...limits, ...limit.defaultRequest };
  if (Object.keys(limits).length > 0) limit.default = limits;
  if (Object.keys(requests).length > 0) limit.defaultRequest = requests;
}

export function setResourceQuotaDefaults({ spec, status }: ResourceQuota): void {
  for (const amounts of [spec?.hard, status?.hard, status?.used]) canonicalizeAmounts(amounts);
}

/** The status of a new ResourceQuota. */
export function prepareResourceQuota(quota: ResourceQuota): void {
  quota.status = {};
}

/** The status of a new PodDisruptionBudget: until somebody counts, it allows nothing. */
export function preparePodDisruptionBudget(budget: PodDisruptionBudget): void {
  budget.status = { currentHealthy: 0, desiredHealthy: 0, disruptionsAllowed: 0, expectedPods: 0 };
}
