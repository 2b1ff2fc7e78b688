import { DEPLOYMENT_COLUMNS, REPLICA_SET_COLUMNS } from "../columns/workload.ts";
import {
  prepareDeployment,
  prepareReplicaSet,
  setDeploymentDefaults,
  setReplicaSetDefaults,
} from "../defaults/workload.ts";
import type * as objects from "../object.ts";
import {
  validateDeployment,
  validateDeploymentUpdate,
  validateReplicaSet,
  validateReplicaSetUpdate,
} from "../validation/workload.ts";
import { row, SCALE, statusOf } from "./row.ts";

export const DEPLOYMENTS = row<objects.Deployment>({
  group: "apps",
  version: "v1",
  kind: "Deployment",
  plural: "deployments",
  namespaced: true,
  definition: "io.k8s.api.apps.v1.Deployment",
  shortNames: ["deploy"],
  categories: ["all"],
  hasGeneration: true,
  subresources: [SCALE, statusOf({ kind: "Deployment", group: "apps" })],
  columns: DEPLOYMENT_COLUMNS,
  setDefaults: setDeploymentDefaults,
  prepareForCreate: prepareDeployment,
  validate: validateDeployment,
  validateUpdate: validateDeploymentUpdate,
});

export const REPLICA_SETS = row<objects.ReplicaSet>({
  group: "apps",
  version: "v1",
  kind: "ReplicaSet",
  plural: "replicasets",
  namespaced: true,
  definition: "io.k8s.api.apps.v1.ReplicaSet",
  shortNames: ["rs"],
  categories: ["all"],
  hasGeneration: true,
  subresources: [SCALE, statusOf({ kind: "ReplicaSet", group: "apps" })],
  columns: REPLICA_SET_COLUMNS,
  fields: { "status.replicas": ({ status }) => String(status?.replicas ?? 0) },
  setDefaults: setReplicaSetDefaults,
  prepareForCreate: prepareReplicaSet,
  validate: validateReplicaSet,
  validateUpdate: validateReplicaSetUpdate,
});

export const STATEFUL_SETS = row<objects.StatefulSet>({
  group: "apps",
  version: "v1",
  kind: "StatefulSet",
  plural: "statefulsets",
  namespaced: true,
  definition: "io.k8s.api.apps.v1.StatefulSet",
  shortNames: ["sts"],
  categories: ["all"],
  hasGeneration: true,
  subresources: [SCALE, statusOf({ kind: "StatefulSet", group: "apps" })],
});

export const DAEMON_SETS = row<objects.DaemonSet>({
  group: "apps",
  version: "v1",
  kind: "DaemonSet",
  plural: "daemonsets",
  namespaced: true,
  definition: "io.k8s.api.apps.v1.DaemonSet",
  shortNames: ["ds"],
  categories: ["all"],
  hasGeneration: true,
  subresources: [statusOf({ kind: "DaemonSet", group: "apps" })],
});

export const CONTROLLER_REVISIONS = row<objects.ControllerRevision>({
  group: "apps",
  version: "v1",
  kind: "ControllerRevision",
  plural: "controllerrevisions",
  namespaced: true,
  definition: "io.k8s.api.apps.v1.ControllerRevision",
});
