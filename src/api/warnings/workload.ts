import { dns1123Label } from "../names.ts";
import type {
  CronJob,
  DaemonSet,
  Deployment,
  Job,
  KubeObject,
  Pod,
  PodTemplate,
  PodTemplateSpec,
  ReplicaSet,
  ReplicationController,
  StatefulSet,
} from "../object.ts";
import { podWarnings } from "./pod.ts";
import { warnEach } from "./scheduling.ts";
import { claimWarnings } from "./volume.ts";

const COMPLETIONS_TRACKED = 100_000;
const PARALLELISM_TRACKED = 10_000;

/** New objects, and those whose spec changed. */
function isNews(next: KubeObject, current: KubeObject | undefined): boolean {
  return current === undefined || next.metadata?.generation !== current.metadata?.generation;
}

function nameWarnings({ metadata }: KubeObject, use: string): string[] {
  const wrong = dns1123Label(metadata?.name ?? "");
  if (wrong.length === 0) return [];
  return [
    `metadata.name: this is used in ${use}, which can result in surprising behavior; a DNS label is recommended: [${wrong.join(" ")}]`,
  ];
}

const namesPods = (object: KubeObject) => nameWarnings(object, "Pod names and hostnames");

/** Pods change too often, and seldom by hand, to be warned of again. */
export function warnOfPod(next: Pod, current: Pod | undefined): string[] {
  if (current !== undefined) return [];
  return [...nameWarnings(next, "the Pod's hostname"), ...podWarnings(next, undefined)];
}

type Replicated = Deployment | ReplicaSet | ReplicationController;

/** Whose pods are named after it. */
export function warnOfReplicated(next: Replicated, current: Replicated | undefined): string[] {
  return [
    ...(current === undefined ? namesPods(next) : []),
    ...(isNews(next, current) ? podWarnings(next.spec?.template ?? {}, "spec.template") : []),
  ];
}

export function warnOfDaemonSet(next: DaemonSet, current: DaemonSet | undefined): string[] {
  return isNews(next, current) ? podWarnings(next.spec?.template ?? {}, "spec.template") : [];
}

export function warnOfStatefulSet(
  { spec, ...next }: StatefulSet,
  current: StatefulSet | undefined,
) {
  const warnings = isNews(next, current) ? podWarnings(spec?.template ?? {}, "spec.template") : [];
  warnings.push(
    ...warnEach(spec?.volumeClaimTemplates, "spec.volumeClaimTemplates", (claim, at) =>
      claimWarnings(claim.spec, current === undefined ? at : `${at}.Spec`),
    ),
  );
  if ((spec?.revisionHistoryLimit ?? 0) < 0) {
    const said = "a negative value retains all historical revisions; a value >= 0 is recommended";
    warnings.push(`spec.revisionHistoryLimit: ${said}`);
  }
  return warnings;
}

export function warnOfPodTemplate(
  { template, ...next }: PodTemplate,
  current: PodTemplate | undefined,
) {
  return isNews(next, current) ? podWarnings(template ?? {}, "template") : [];
}

interface JobLike {
  readonly completionMode?: string;
  readonly completions?: number;
  readonly parallelism?: number;
  readonly template?: PodTemplateSpec;
}

function jobWarnings(spec: JobLike | undefined, path: string): string[] {
  const { completionMode, completions = 0, parallelism = 0, template = {} } = spec ?? {};
  const isVast = completions > COMPLETIONS_TRACKED && parallelism > PARALLELISM_TRACKED;
  const said =
    "In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail";
  return [
    ...(completionMode === "Indexed" && isVast ? [`${path}: ${said}`] : []),
    ...podWarnings(template, `${path}.template`),
  ];
}

export function warnOfJob(next: Job, current: Job | undefined): string[] {
  return [
    ...(current === undefined ? namesPods(next) : []),
    ...(isNews(next, current) ? jobWarnings(next.spec, "spec") : []),
  ];
}

export function warnOfCronJob(next: CronJob, current: CronJob | undefined): string[] {
  const { jobTemplate, schedule = "" } = next.spec ?? {};
  const warnings = current === undefined ? namesPods(next) : [];
  if (isNews(next, current)) {
    warnings.push(...jobWarnings(jobTemplate?.spec, "spec.jobTemplate.spec"));
  }
  if (current !== undefined && schedule.includes("TZ")) {
    warnings.push(
      "cannot use TZ or CRON_TZ in spec.spec.schedule, use timeZone instead, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details",
    );
  }
  return warnings;
}
