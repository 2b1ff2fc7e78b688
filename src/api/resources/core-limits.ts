import { RESOURCE_QUOTA_COLUMNS } from "../columns/limits.ts";
import {
  prepareResourceQuota,
  setLimitRangeDefaults,
  setResourceQuotaDefaults,
} from "../defaults/limits.ts";
import { NEW } from "../looks.ts";
import type * as objects from "../object.ts";
import { validateLimitRange } from "../validation/limit-range.ts";
import {
  validateResourceQuota,
  validateResourceQuotaStatus,
  validateResourceQuotaUpdate,
} from "../validation/resource-quota.ts";
import { warnOfResourceQuota } from "../warnings/quota.ts";
import { row, statusOf } from "./row.ts";

export const LIMIT_RANGES = row<objects.LimitRange>({
  group: "",
  version: "v1",
  kind: "LimitRange",
  plural: "limitranges",
  namespaced: true,
  definition: "io.k8s.api.core.v1.LimitRange",
  changeLooks: NEW,
  createsOnUpdate: true,
  shortNames: ["limits"],
  setDefaults: setLimitRangeDefaults,
  validate: validateLimitRange,
});

export const RESOURCE_QUOTAS = row<objects.ResourceQuota>({
  group: "",
  version: "v1",
  kind: "ResourceQuota",
  plural: "resourcequotas",
  namespaced: true,
  definition: "io.k8s.api.core.v1.ResourceQuota",
  shortNames: ["quota"],
  subresources: [statusOf({ kind: "ResourceQuota", group: "" })],
  columns: RESOURCE_QUOTA_COLUMNS,
  setDefaults: setResourceQuotaDefaults,
  prepareForCreate: prepareResourceQuota,
  validate: validateResourceQuota,
  validateUpdate: validateResourceQuotaUpdate,
  validateStatus: validateResourceQuotaStatus,
  warnings: warnOfResourceQuota,
});
