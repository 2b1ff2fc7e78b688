import type {
  ControllerRevision,
  DaemonSet,
  Deployment,
  PodTemplate,
  ReplicaSet,
  ReplicationController,
  Scale,
  StatefulSet,
} from "../object.ts";
import { controllerOf } from "../ownership.ts";
import type { Column } from "../resource.ts";
import { matcherOf } from "../selector.ts";
import {
  AGE,
  containerColumns,
  fieldText,
  integer,
  NAME,
  selectorText,
  text,
  wide,
} from "./column.ts";

/** The columns of `kubectl get deployments`. */
export const DEPLOYMENT_COLUMNS: readonly Column<Deployment>[] = [
  text(
    { name: "Ready", description: "Number of the pod with ready state" },
    ({ spec, status }) => `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`,
  ),
  text(
    {
      name: "Up-to-date",
      description:
        "Total number of non-terminating pods targeted by this deployment that have the desired template spec.",
    },
    ({ status }) => status?.updatedReplicas ?? 0,
  ),
  text(
    {
      name: "Available",
      description:
        "Total number of available non-terminating pods (ready for at least minReadySeconds) targeted by this deployment.",
    },
    ({ status }) => status?.availableReplicas ?? 0,
  ),
  AGE,
  ...containerColumns<Deployment>(({ spec }) => spec?.template.spec?.containers),
  wide(
    text(
      {
        name: "Selector",
        description:
          "Label selector for pods. Existing ReplicaSets whose pods are selected by this will be the ones affected by this deployment. It must match the pod template's labels.",
      },
      ({ spec }) => String(matcherOf(spec?.selector)),
    ),
  ),
];

/** The columns of `kubectl get replicasets`. */
export const REPLICA_SET_COLUMNS: readonly Column<ReplicaSet>[] = [
  integer(
    {
      name: "Desired",
      description:
        "Replicas is the number of desired pods. This is a pointer to distinguish between explicit zero and unspecified. Defaults to 1. More info: https://kubernetes.io/docs/concepts/workloads/controllers/replicaset",
    },
    ({ spec }) => spec?.replicas ?? 0,
  ),
  integer(
    {
      name: "Current",
      description:
        "Replicas is the most recently observed number of non-terminating pods. More info: https://kubernetes.io/docs/concepts/workloads/controllers/replicaset",
    },
    ({ status }) => status?.replicas ?? 0,
  ),
  integer(
    {
      name: "Ready",
      description:
        "The number of non-terminating pods targeted by this ReplicaSet with a Ready Condition.",
    },
    ({ status }) => status?.readyReplicas ?? 0,
  ),
  AGE,
  ...containerColumns<ReplicaSet>(({ spec }) => spec?.template?.spec?.containers),
  wide(
    text(
      {
        name: "Selector",
        description:
          "Selector is a label query over pods that should match the replica count. Label keys and values that must match in order to be controlled by this replica set. It must match the pod template's labels. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors",
      },
      ({ spec }) => selectorText(spec?.selector),
    ),
  ),
];

/** The columns of `kubectl get deployment NAME --subresource=scale`. */
export const SCALE_COLUMNS: readonly Column<Scale>[] = [
  text(NAME, NAME.cell),
  integer(
    {
      name: "Desired",
      description: "replicas is the desired number of instances for the scaled object.",
    },
    ({ spec }) => spec?.replicas ?? 0,
  ),
  integer(
    {
      name: "Available",
      description: "replicas is the actual number of observed instances of the scaled object.",
    },
    ({ status }) => status?.replicas ?? 0,
  ),
  AGE,
];

/** The columns of `kubectl get statefulsets`. */
export const STATEFUL_SET_COLUMNS: readonly Column<StatefulSet>[] = [
  text(
    { name: "Ready", description: "Number of the pod with ready state" },
    ({ spec, status }) => `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`,
  ),
  AGE,
  ...containerColumns<StatefulSet>(({ spec }) => spec?.template.spec?.containers),
];

const ofDaemonSet = (field: string) => fieldText("io.k8s.api.apps.v1.DaemonSetStatus", field);

/** The columns of `kubectl get daemonsets`. */
export const DAEMON_SET_COLUMNS: readonly Column<DaemonSet>[] = [
  integer(
    { name: "Desired", description: ofDaemonSet("desiredNumberScheduled") },
    ({ status }) => status?.desiredNumberScheduled ?? 0,
  ),
  integer(
    { name: "Current", description: ofDaemonSet("currentNumberScheduled") },
    ({ status }) => status?.currentNumberScheduled ?? 0,
  ),
  integer(
    { name: "Ready", description: ofDaemonSet("numberReady") },
    ({ status }) => status?.numberReady ?? 0,
  ),
  integer(
    { name: "Up-to-date", description: ofDaemonSet("updatedNumberScheduled") },
    ({ status }) => status?.updatedNumberScheduled ?? 0,
  ),
  integer(
    { name: "Available", description: ofDaemonSet("numberAvailable") },
    ({ status }) => status?.numberAvailable ?? 0,
  ),
  text(
    {
      name: "Node Selector",
      description: fieldText("io.k8s.api.core.v1.PodSpec", "nodeSelector"),
    },
    ({ spec }) => selectorText({ matchLabels: spec?.template.spec?.nodeSelector ?? {} }),
  ),
  AGE,
  ...containerColumns<DaemonSet>(({ spec }) => spec?.template.spec?.containers),
  wide(
    text(
      {
        name: "Selector",
        description:
          "A label query over pods that are managed by the daemon set. Must match in order to be controlled. It must match the pod template's labels. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors",
      },
      ({ spec }) => selectorText(spec?.selector),
    ),
  ),
];

const REPLICATION_STATUS = "io.k8s.api.core.v1.ReplicationControllerStatus";
const REPLICATION_SPEC = "io.k8s.api.core.v1.ReplicationControllerSpec";

/** The columns of `kubectl get replicationcontrollers`. */
export const REPLICATION_CONTROLLER_COLUMNS: readonly Column<ReplicationController>[] = [
  integer(
    { name: "Desired", description: fieldText(REPLICATION_SPEC, "replicas") },
    ({ spec }) => spec?.replicas ?? 0,
  ),
  integer(
    { name: "Current", description: fieldText(REPLICATION_STATUS, "replicas") },
    ({ status }) => status?.replicas ?? 0,
  ),
  integer(
    { name: "Ready", description: fieldText(REPLICATION_STATUS, "readyReplicas") },
    ({ status }) => status?.readyReplicas ?? 0,
  ),
  AGE,
  ...containerColumns<ReplicationController>(({ spec }) => spec?.template?.spec?.containers),
  wide(
    text({ name: "Selector", description: fieldText(REPLICATION_SPEC, "selector") }, ({ spec }) =>
      selectorText({ matchLabels: spec?.selector ?? {} }),
    ),
  ),
];

/** The columns of `kubectl get podtemplates`: what it runs is all there is to a template. */
export const POD_TEMPLATE_COLUMNS: readonly Column<PodTemplate>[] = [
  ...containerColumns<PodTemplate>(({ template }) => template?.spec?.containers).map((column) => ({
    ...column,
    priority: 0 as const,
  })),
  text({ name: "Pod Labels", description: "The labels for the pod template." }, ({ template }) =>
    selectorText({ matchLabels: template?.metadata?.labels ?? {} }),
  ),
];

/** `statefulset.apps/web`, as kubectl names an object together with its kind. */
function nameWithKind({ apiVersion, kind, name }: NonNullable<ReturnType<typeof controllerOf>>) {
  const [group, version] = apiVersion.split("/");
  const lower = kind.toLowerCase();
  return `${version === undefined ? lower : `${lower}.${group}`}/${name}`;
}

/** The columns of `kubectl get controllerrevisions`. */
export const CONTROLLER_REVISION_COLUMNS: readonly Column<ControllerRevision>[] = [
  text({ name: "Controller", description: "Controller of the object" }, (revision) => {
    const controller = controllerOf(revision);
    return controller === undefined ? "<none>" : nameWithKind(controller);
  }),
  text(
    {
      name: "Revision",
      description: fieldText("io.k8s.api.apps.v1.ControllerRevision", "revision"),
    },
    ({ revision }) => revision,
  ),
  AGE,
];
