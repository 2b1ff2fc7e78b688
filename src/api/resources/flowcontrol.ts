import {
  compareFlowSchemas,
  FLOW_SCHEMA_COLUMNS,
  PRIORITY_LEVEL_COLUMNS,
} from "../columns/flowcontrol.ts";
import { setFlowSchemaDefaults, setPriorityLevelDefaults } from "../defaults/flowcontrol.ts";
import { NEW } from "../looks.ts";
import type * as objects from "../object.ts";
import {
  validateFlowSchema,
  validateFlowStatus,
  validatePriorityLevel,
} from "../validation/flowcontrol.ts";
import { emptyStatus, OWN_METADATA, row, statusOf } from "./row.ts";

export const FLOW_SCHEMAS = row<objects.FlowSchema>({
  group: "flowcontrol.apiserver.k8s.io",
  version: "v1",
  kind: "FlowSchema",
  plural: "flowschemas",
  namespaced: false,
  definition: "io.k8s.api.flowcontrol.v1.FlowSchema",
  statusKeeps: OWN_METADATA,
  changeLooks: NEW,
  statusLooks: [],
  hasGeneration: true,
  subresources: [statusOf({ kind: "FlowSchema", group: "flowcontrol.apiserver.k8s.io" })],
  columns: FLOW_SCHEMA_COLUMNS,
  compareRows: compareFlowSchemas,
  setDefaults: setFlowSchemaDefaults,
  prepareForCreate: emptyStatus,
  validate: validateFlowSchema,
  validateStatus: validateFlowStatus,
});

export const PRIORITY_LEVEL_CONFIGURATIONS = row<objects.PriorityLevelConfiguration>({
  group: "flowcontrol.apiserver.k8s.io",
  version: "v1",
  kind: "PriorityLevelConfiguration",
  plural: "prioritylevelconfigurations",
  namespaced: false,
  definition: "io.k8s.api.flowcontrol.v1.PriorityLevelConfiguration",
  statusKeeps: OWN_METADATA,
  changeLooks: NEW,
  statusLooks: [],
  hasGeneration: true,
  subresources: [
    statusOf({ kind: "PriorityLevelConfiguration", group: "flowcontrol.apiserver.k8s.io" }),
  ],
  columns: PRIORITY_LEVEL_COLUMNS,
  setDefaults: setPriorityLevelDefaults,
  prepareForCreate: emptyStatus,
  validate: validatePriorityLevel,
  validateStatus: validateFlowStatus,
});
