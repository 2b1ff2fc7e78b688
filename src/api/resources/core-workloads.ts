import { POD_TEMPLATE_COLUMNS, REPLICATION_CONTROLLER_COLUMNS } from "../columns/workload.ts";
import {
  prepareReplicationController,
  setPodTemplateDefaults,
  setReplicationControllerDefaults,
} from "../defaults/workload.ts";
import { WHOLE_TWICE } from "../looks.ts";
import type * as objects from "../object.ts";
import {
  validatePodTemplate,
  validateReplicationController,
  validateReplicationControllerStatus,
} from "../validation/replication-controller.ts";
import { warnOfPodTemplate, warnOfReplicated } from "../warnings/workload.ts";
import { row, SCALE, statusOf } from "./row.ts";

export const REPLICATION_CONTROLLERS = row<objects.ReplicationController>({
  group: "",
  version: "v1",
  kind: "ReplicationController",
  plural: "replicationcontrollers",
  namespaced: true,
  definition: "io.k8s.api.core.v1.ReplicationController",
  changeLooks: WHOLE_TWICE,
  shortNames: ["rc"],
  categories: ["all"],
  hasGeneration: true,
  subresources: [SCALE, statusOf({ kind: "ReplicationController", group: "" })],
  columns: REPLICATION_CONTROLLER_COLUMNS,
  fields: { "status.replicas": ({ status }) => String(status?.replicas ?? 0) },
  setDefaults: setReplicationControllerDefaults,
  prepareForCreate: prepareReplicationController,
  validate: validateReplicationController,
  warnings: warnOfReplicated,
  validateStatus: validateReplicationControllerStatus,
});

export const POD_TEMPLATES = row<objects.PodTemplate>({
  group: "",
  version: "v1",
  kind: "PodTemplate",
  plural: "podtemplates",
  namespaced: true,
  definition: "io.k8s.api.core.v1.PodTemplate",
  columns: POD_TEMPLATE_COLUMNS,
  setDefaults: setPodTemplateDefaults,
  validate: validatePodTemplate,
  warnings: warnOfPodTemplate,
  hasGeneration: true,
});
