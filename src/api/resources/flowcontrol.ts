import type * as objects from "../object.ts";
import { row, statusOf } from "./row.ts";

export const FLOW_SCHEMAS = row<objects.FlowSchema>({
  group: "flowcontrol.apiserver.k8s.io",
  version: "v1",
  kind: "FlowSchema",
  plural: "flowschemas",
  namespaced: false,
  definition: "io.k8s.api.flowcontrol.v1.FlowSchema",
  hasGeneration: true,
  subresources: [statusOf({ kind: "FlowSchema", group: "flowcontrol.apiserver.k8s.io" })],
});

export const PRIORITY_LEVEL_CONFIGURATIONS = row<objects.PriorityLevelConfiguration>({
  group: "flowcontrol.apiserver.k8s.io",
  version: "v1",
  kind: "PriorityLevelConfiguration",
  plural: "prioritylevelconfigurations",
  namespaced: false,
  definition: "io.k8s.api.flowcontrol.v1.PriorityLevelConfiguration",
  hasGeneration: true,
  subresources: [
    statusOf({ kind: "PriorityLevelConfiguration", group: "flowcontrol.apiserver.k8s.io" }),
  ],
});
