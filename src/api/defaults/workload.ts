import type {
  DaemonSet,
  Deployment,
  PodTemplate,
  ReplicaSet,
  ReplicationController,
  StatefulSet,
} from "../object.ts";
import { setTemplateDefaults } from "./pod.ts";
import { setClaimDefaults } from "./volume-claim.ts";

type StatefulSetSpec = NonNullable<StatefulSet["spec"]>;

export function setDeploymentDefaults({ spec }: Deployment): void {
  if (spec === undefined) return;
  spec.replicas ??= 1;
  spec.revisionHistoryLimit ??= 10;
  spec.progressDeadlineSeconds ??= 600;
  spec.strategy ??= {};
  spec.strategy.type ||= "RollingUpdate";
  if (spec.strategy.type === "RollingUpdate") {
    spec.strategy.rollingUpdate ??= {};
    spec.strategy.rollingUpdate.maxUnavailable ??= "25%";
    spec.strategy.rollingUpdate.maxSurge ??= "25%";
  }
  spec.template ??= {};
  setTemplateDefaults(spec.template);
}

/** The status of a new Deployment. */
export function prepareDeployment(deployment: Deployment): void {
  deployment.status = {};
}

/** The status of a new ReplicaSet. */
export function prepareReplicaSet(replicaSet: ReplicaSet): void {
  replicaSet.status = { replicas: 0 };
}

export function setReplicaSetDefaults({ spec }: ReplicaSet): void {
  if (spec === undefined) return;
  spec.replicas ??= 1;
  spec.template ??= {};
  setTemplateDefaults(spec.template);
}

/** The claims of a StatefulSet are whole objects, and say so. */
export function setStatefulSetDefaults({ spec }: StatefulSet): void {
  if (spec === undefined) return;
  spec.podManagementPolicy ||= "OrderedReady";
  spec.updateStrategy ??= {};
  setRollingDefaults(spec.updateStrategy);
  spec.persistentVolumeClaimRetentionPolicy ??= {};
  spec.persistentVolumeClaimRetentionPolicy.whenDeleted ||= "Retain";
  spec.persistentVolumeClaimRetentionPolicy.whenScaled ||= "Retain";
  spec.replicas ??= 1;
  spec.revisionHistoryLimit ??= 10;
  for (const claim of spec.volumeClaimTemplates ?? []) {
    Object.assign(claim, { apiVersion: "v1", kind: "PersistentVolumeClaim" });
    setClaimDefaults(claim);
  }
  spec.template ??= {};
  setTemplateDefaults(spec.template);
}

/**
 * How many pods are replaced at once is behind a gate (MaxUnavailableStatefulSet) that is off by
 * default: what is said of it is dropped, as Kubernetes does.
 */
function setRollingDefaults(strategy: NonNullable<StatefulSetSpec["updateStrategy"]>): void {
  if (!strategy.type) Object.assign(strategy, { type: "RollingUpdate" }).rollingUpdate ??= {};
  const { rollingUpdate } = strategy;
  if (strategy.type !== "RollingUpdate" || rollingUpdate === undefined) return;
  rollingUpdate.partition ??= 0;
  delete rollingUpdate.maxUnavailable;
}

/** The status of a new StatefulSet. */
export function prepareStatefulSet(set: StatefulSet): void {
  set.status = { replicas: 0, availableReplicas: 0 };
}

export function setDaemonSetDefaults({ spec }: DaemonSet): void {
  if (spec === undefined) return;
  spec.updateStrategy ??= {};
  spec.updateStrategy.type ||= "RollingUpdate";
  if (spec.updateStrategy.type === "RollingUpdate") {
    spec.updateStrategy.rollingUpdate ??= {};
    spec.updateStrategy.rollingUpdate.maxUnavailable ??= 1;
    spec.updateStrategy.rollingUpdate.maxSurge ??= 0;
  }
  spec.revisionHistoryLimit ??= 10;
  spec.template ??= {};
  setTemplateDefaults(spec.template);
}

/** How often the template changed, as clients of before apps/v1 still read it. */
const TEMPLATE_GENERATION = "deprecated.daemonset.template.generation";

function setTemplateGeneration(set: DaemonSet, generation: number): void {
  const annotations = { ...set.metadata?.annotations, [TEMPLATE_GENERATION]: String(generation) };
  set.metadata = { ...set.metadata, annotations };
}

/** The status of a new DaemonSet, and the first generation of its template. */
export function prepareDaemonSet(set: DaemonSet): void {
  set.status = {
    currentNumberScheduled: 0,
    desiredNumberScheduled: 0,
    numberMisscheduled: 0,
    numberReady: 0,
  };
  setTemplateGeneration(set, 1);
}

/** Counts the template on where it changed; what the client says of the count is not heard. */
export function prepareDaemonSetUpdate(next: DaemonSet, current: DaemonSet): void {
  const counted = current.metadata?.annotations?.[TEMPLATE_GENERATION];
  const same = Bun.deepEquals(next.spec?.template, current.spec?.template);
  if (same && counted === undefined) return;
  setTemplateGeneration(next, Number(counted ?? 0) + (same ? 0 : 1));
}

/** A ReplicationController selects, and is labelled with, what its template is labelled with. */
export function setReplicationControllerDefaults(controller: ReplicationController): void {
  const { spec } = controller;
  if (spec === undefined) return;
  spec.replicas ??= 1;
  const labels = spec.template?.metadata?.labels;
  if (labels) {
    if (isEmpty(spec.selector)) spec.selector = { ...labels };
    if (isEmpty(controller.metadata?.labels)) {
      controller.metadata = { ...controller.metadata, labels: { ...labels } };
    }
  }
  if (spec.template) setTemplateDefaults(spec.template);
}

const isEmpty = (labels: object | undefined) => Object.keys(labels ?? {}).length === 0;

/** The status of a new ReplicationController. */
export function prepareReplicationController(controller: ReplicationController): void {
  controller.status = { replicas: 0 };
}

export function setPodTemplateDefaults(holder: PodTemplate): void {
  holder.template ??= {};
  setTemplateDefaults(holder.template);
}
