import type { Deployment, Job, ReplicaSet } from "../object.ts";
import { setTemplateDefaults } from "./pod.ts";

const MAX_INT32 = 2_147_483_647;

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

/** The status of a new Job, and the selector that is its alone. */
export function prepareJob(job: Job): void {
  job.status = {};
  generateJobSelector(job);
}

export function setReplicaSetDefaults({ spec }: ReplicaSet): void {
  if (spec === undefined) return;
  spec.replicas ??= 1;
  spec.template ??= {};
  setTemplateDefaults(spec.template);
}

export function setJobDefaults({ spec }: Job): void {
  if (spec === undefined) return;
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1;
  spec.parallelism ??= 1;
  spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? 6 : MAX_INT32;
  spec.completionMode ??= "NonIndexed";
  spec.manualSelector ??= false;
  spec.suspend ??= false;
  spec.podReplacementPolicy ??= spec.podFailurePolicy ? "Failed" : "TerminatingOrFailed";
  for (const { onPodConditions = [] } of spec.podFailurePolicy?.rules ?? []) {
    for (const condition of onPodConditions) condition.status ||= "True";
  }
  spec.template ??= {};
  setTemplateDefaults(spec.template);
}

/** The labels by which a Job's pods are found, today's names and those of before 1.27. */
export function jobPodLabels({ metadata }: Job): Record<string, string> {
  const { uid = "", name = "" } = metadata ?? {};
  return {
    "batch.kubernetes.io/controller-uid": uid,
    "batch.kubernetes.io/job-name": name,
    "controller-uid": uid,
    "job-name": name,
  };
}

/** Gives a Job, in place, the selector and pod labels that are its alone, unless it brings its own. */
export function generateJobSelector(job: Job): void {
  const { spec } = job;
  if (spec === undefined || spec.manualSelector) return;
  const { metadata } = spec.template;
  const labels = { ...metadata?.labels, ...jobPodLabels(job) };
  spec.template = { ...spec.template, metadata: { ...metadata, labels } };
  const own = { "batch.kubernetes.io/controller-uid": job.metadata?.uid ?? "" };
  spec.selector = {
    ...spec.selector,
    matchLabels: { ...spec.selector?.matchLabels, ...own },
  };
}
