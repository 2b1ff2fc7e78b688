import type * as objects from "../object.ts";
import { row, statusOf } from "./row.ts";

export const LIMIT_RANGES = row<objects.LimitRange>({
  group: "",
  version: "v1",
  kind: "LimitRange",
  plural: "limitranges",
  namespaced: true,
  definition: "io.k8s.api.core.v1.LimitRange",
  shortNames: ["limits"],
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
});
