import type { CronJob, Job } from "../object.ts";
import { setTemplateDefaults } from "./pod.ts";

const MAX_INT32 = 2_147_483_647;

export function setJobDefaults(job: Job): void {
  const { spec } = job;
  if (spec === undefined) return;
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1;
  spec.parallelism ??= 1;
  spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? 6 : MAX_INT32;
  setLabelsFromTemplate(job);
  spec.completionMode ??= "NonIndexed";
  spec.manualSelector ??= false;
  spec.suspend ??= false;
  spec.podReplacementPolicy ??= spec.podFailurePolicy ? "Failed" : "TerminatingOrFailed";
  setJobPodDefaults(spec);
}

/** What is filled in in a Job and in one that is yet to be made from a CronJob. */
function setJobPodDefaults(spec: NonNullable<Job["spec"]>): void {
  for (const { onPodConditions = [] } of spec.podFailurePolicy?.rules ?? []) {
    for (const condition of onPodConditions) condition.status ||= "True";
  }
  spec.template ??= {};
  setTemplateDefaults(spec.template);
}

/** A Job without labels of its own has those of its pods. */
function setLabelsFromTemplate(job: Job): void {
  const labels = job.spec?.template?.metadata?.labels;
  if (labels === undefined || Object.keys(job.metadata?.labels ?? {}).length > 0) return;
  job.metadata = { ...job.metadata, labels: { ...labels } };
}

/** The labels by which a Job's pods are found, today's names and those of before 1.27. */
function jobPodLabels({ metadata }: Job): Record<string, string> {
  const { uid = "", name = "" } = metadata ?? {};
  return {
    "batch.kubernetes.io/controller-uid": uid,
    "batch.kubernetes.io/job-name": name,
    "controller-uid": uid,
    "job-name": name,
  };
}

/** Gives a Job, in place, the selector and pod labels that are its alone, unless it brings its own. */
function generateJobSelector(job: Job): void {
  const { spec } = job;
  if (spec === undefined || spec.manualSelector) return;
  const { metadata } = spec.template;
  // Labels that the client gave win here, and are refused by validation where they are wrong.
  const labels = { ...jobPodLabels(job), ...metadata?.labels };
  spec.template = { ...spec.template, metadata: { ...metadata, labels } };
  const own = { "batch.kubernetes.io/controller-uid": job.metadata?.uid ?? "" };
  spec.selector = {
    ...spec.selector,
    matchLabels: { ...own, ...spec.selector?.matchLabels },
  };
}

/** The status of a new Job, and the selector that is its alone. */
export function prepareJob(job: Job): void {
  job.status = {};
  generateJobSelector(job);
  setLabelsFromTemplate(job);
}

/** Its Jobs get their own defaults when they are made; only their pods have them already. */
export function setCronJobDefaults({ spec }: CronJob): void {
  if (spec === undefined) return;
  spec.concurrencyPolicy ||= "Allow";
  spec.suspend ??= false;
  spec.successfulJobsHistoryLimit ??= 3;
  spec.failedJobsHistoryLimit ??= 1;
  spec.jobTemplate ??= {};
  spec.jobTemplate.spec ??= { template: {} };
  setJobPodDefaults(spec.jobTemplate.spec);
}

/** The status of a new CronJob. */
export function prepareCronJob(job: CronJob): void {
  job.status = {};
}
