import {
  CONTROLLER_REVISION_COLUMNS,
  DAEMON_SET_COLUMNS,
  DEPLOYMENT_COLUMNS,
  REPLICA_SET_COLUMNS,
  STATEFUL_SET_COLUMNS,
} from "../columns/workload.ts";
import {
  prepareDaemonSet,
  prepareDaemonSetUpdate,
  prepareDeployment,
  prepareReplicaSet,
  prepareStatefulSet,
  setDaemonSetDefaults,
  setDeploymentDefaults,
  setReplicaSetDefaults,
  setStatefulSetDefaults,
} from "../defaults/workload.ts";
import { CHANGED_NEW_DIFFERENT, WHOLE_TWICE } from "../looks.ts";
import type * as objects from "../object.ts";
import {
  validateControllerRevision,
  validateControllerRevisionUpdate,
  validateDaemonSet,
  validateDaemonSetStatus,
  validateDaemonSetUpdate,
  validateNewControllerRevision,
} from "../validation/daemon-set.ts";
import {
  validateStatefulSet,
  validateStatefulSetCreate,
  validateStatefulSetStatus,
  validateStatefulSetUpdate,
} from "../validation/stateful-set.ts";
import {
  validateDeployment,
  validateDeploymentStatus,
  validateDeploymentUpdate,
  validateReplicaSet,
  validateReplicaSetStatus,
  validateReplicaSetUpdate,
} from "../validation/workload.ts";
import { warnOfDaemonSet, warnOfReplicated, warnOfStatefulSet } from "../warnings/workload.ts";
import { row, SCALE, statusOf } from "./row.ts";

export const DEPLOYMENTS = row<objects.Deployment>({
  group: "apps",
  version: "v1",
  kind: "Deployment",
  plural: "deployments",
  namespaced: true,
  definition: "io.k8s.api.apps.v1.Deployment",
  statusKeeps: ["labels"],
  shortNames: ["deploy"],
  categories: ["all"],
  hasGeneration: true,
  generationCounts: "annotations",
  subresources: [SCALE, statusOf({ kind: "Deployment", group: "apps" })],
  columns: DEPLOYMENT_COLUMNS,
  setDefaults: setDeploymentDefaults,
  prepareForCreate: prepareDeployment,
  validate: validateDeployment,
  warnings: warnOfReplicated,
  validateUpdate: validateDeploymentUpdate,
  validateStatus: validateDeploymentStatus,
});

export const REPLICA_SETS = row<objects.ReplicaSet>({
  group: "apps",
  version: "v1",
  kind: "ReplicaSet",
  plural: "replicasets",
  namespaced: true,
  definition: "io.k8s.api.apps.v1.ReplicaSet",
  changeLooks: WHOLE_TWICE,
  shortNames: ["rs"],
  categories: ["all"],
  hasGeneration: true,
  subresources: [SCALE, statusOf({ kind: "ReplicaSet", group: "apps" })],
  columns: REPLICA_SET_COLUMNS,
  fields: { "status.replicas": ({ status }) => String(status?.replicas ?? 0) },
  setDefaults: setReplicaSetDefaults,
  prepareForCreate: prepareReplicaSet,
  validate: validateReplicaSet,
  warnings: warnOfReplicated,
  validateUpdate: validateReplicaSetUpdate,
  validateStatus: validateReplicaSetStatus,
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
  columns: STATEFUL_SET_COLUMNS,
  setDefaults: setStatefulSetDefaults,
  prepareForCreate: prepareStatefulSet,
  validate: validateStatefulSet,
  warnings: warnOfStatefulSet,
  validateCreate: validateStatefulSetCreate,
  validateUpdate: validateStatefulSetUpdate,
  validateStatus: validateStatefulSetStatus,
});

export const DAEMON_SETS = row<objects.DaemonSet>({
  group: "apps",
  version: "v1",
  kind: "DaemonSet",
  plural: "daemonsets",
  namespaced: true,
  definition: "io.k8s.api.apps.v1.DaemonSet",
  changeLooks: WHOLE_TWICE,
  shortNames: ["ds"],
  categories: ["all"],
  hasGeneration: true,
  subresources: [statusOf({ kind: "DaemonSet", group: "apps" })],
  columns: DAEMON_SET_COLUMNS,
  setDefaults: setDaemonSetDefaults,
  prepareForCreate: prepareDaemonSet,
  prepareForUpdate: prepareDaemonSetUpdate,
  validate: validateDaemonSet,
  warnings: warnOfDaemonSet,
  validateUpdate: validateDaemonSetUpdate,
  validateStatus: validateDaemonSetStatus,
});

export const CONTROLLER_REVISIONS = row<objects.ControllerRevision>({
  group: "apps",
  version: "v1",
  kind: "ControllerRevision",
  plural: "controllerrevisions",
  namespaced: true,
  definition: "io.k8s.api.apps.v1.ControllerRevision",
  changeLooks: CHANGED_NEW_DIFFERENT,
  columns: CONTROLLER_REVISION_COLUMNS,
  validate: validateControllerRevision,
  validateCreate: validateNewControllerRevision,
  validateUpdate: validateControllerRevisionUpdate,
});
