import type { PodDisruptionBudget, ResourceQuota } from "../object.ts";
import type { Column } from "../resource.ts";
import { AGE, integer, text } from "./column.ts";

/** What a quota allows and what is used of it: of limits, or of all else. */
function usage({ status }: ResourceQuota, { ofLimits }: { ofLimits: boolean }): string {
  const { hard = {}, used = {} } = status ?? {};
  return Object.keys(hard)
    .filter((resource) => resource.startsWith("limits.") === ofLimits)
    .sort()
    .map((resource) => `${resource}: ${used[resource] ?? "0"}/${hard[resource]}`)
    .join(", ");
}

/** The columns of `kubectl get resourcequotas`. */
export const RESOURCE_QUOTA_COLUMNS: readonly Column<ResourceQuota>[] = [
  text(
    {
      name: "Request",
      description:
        "Request represents a minimum amount of cpu/memory that a container may consume.",
    },
    (quota) => usage(quota, { ofLimits: false }),
  ),
  text(
    {
      name: "Limit",
      description:
        "Limits control the maximum amount of cpu/memory that a container may use independent of contention on the node.",
    },
    (quota) => usage(quota, { ofLimits: true }),
  ),
  AGE,
];

/** The columns of `kubectl get poddisruptionbudgets`. */
export const POD_DISRUPTION_BUDGET_COLUMNS: readonly Column<PodDisruptionBudget>[] = [
  text(
    { name: "Min Available", description: "The minimum number of pods that must be available." },
    ({ spec }) => String(spec?.minAvailable ?? "N/A"),
  ),
  text(
    { name: "Max Unavailable", description: "The maximum number of pods that may be unavailable." },
    ({ spec }) => String(spec?.maxUnavailable ?? "N/A"),
  ),
  integer(
    {
      name: "Allowed Disruptions",
      description: "Calculated number of pods that may be disrupted at this time.",
    },
    ({ status }) => status?.disruptionsAllowed ?? 0,
  ),
  AGE,
];
