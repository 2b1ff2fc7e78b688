import { POD_DISRUPTION_BUDGET_COLUMNS } from "../columns/limits.ts";
import { preparePodDisruptionBudget } from "../defaults/limits.ts";
import { WITHOUT_METADATA } from "../looks.ts";
import type * as objects from "../object.ts";
import {
  validatePodDisruptionBudget,
  validatePodDisruptionBudgetStatus,
} from "../validation/disruption-budget.ts";
import { row, statusOf } from "./row.ts";

export const POD_DISRUPTION_BUDGETS = row<objects.PodDisruptionBudget>({
  group: "policy",
  version: "v1",
  kind: "PodDisruptionBudget",
  plural: "poddisruptionbudgets",
  namespaced: true,
  definition: "io.k8s.api.policy.v1.PodDisruptionBudget",
  newLooks: WITHOUT_METADATA,
  changeLooks: WITHOUT_METADATA,
  statusLooks: [],
  needsVersion: true,
  anyFinalizer: true,
  nameFormat: "pathSegment",
  shortNames: ["pdb"],
  hasGeneration: true,
  subresources: [statusOf({ kind: "PodDisruptionBudget", group: "policy" })],
  columns: POD_DISRUPTION_BUDGET_COLUMNS,
  prepareForCreate: preparePodDisruptionBudget,
  validate: validatePodDisruptionBudget,
  validateStatus: validatePodDisruptionBudgetStatus,
});
