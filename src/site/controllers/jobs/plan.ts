import type { Job, Pod } from "#api/object.ts";
import { isActive, isReady, isTerminal } from "#api/pod.ts";
import { byDispensability } from "../pods.ts";
import { isRestartedTooOften, type Verdict, verdictOn } from "./failures.ts";
import {
  BURST,
  endOfIndexes,
  type Indexes,
  lookAtIndexes,
  metRule,
  type NewPod,
} from "./indexed.ts";
import { isIndexed } from "./indexes.ts";

export type JobStatus = NonNullable<Job["status"]>;
type Outcome = readonly [reason: string, message: string];

/** Where a Job stands, and what it takes to go on. */
export interface JobPlan {
  readonly active: readonly Pod[];
  /** Pods that are on their way out and still there. */
  readonly terminating: number;
  readonly succeeded: number;
  readonly failed: number;
  /** Ready pods that are not too many. */
  readonly ready: number;
  /** Where its indexes stand, if it has some. */
  readonly indexes?: Indexes;
  /** Pods to make; none while some are too many. */
  readonly create: readonly NewPod[];
  /** Pods that are too many. */
  readonly remove: readonly Pod[];
  /** Set when the Job has ended in this pass. */
  readonly ended?: { readonly type: "Complete" | "Failed"; readonly outcome: Outcome };
}

interface JobView {
  readonly job: Job;
  readonly pods: readonly Pod[];
  /** `activeDeadlineSeconds` is over. */
  readonly overdue: boolean;
}

export function finishedType({ status }: Job): "Complete" | "Failed" | undefined {
  const ends = (status?.conditions ?? []).filter((one) => one.status === "True");
  if (ends.some(({ type }) => type === "Complete")) return "Complete";
  return ends.some(({ type }) => type === "Failed") ? "Failed" : undefined;
}

/** What Kubernetes' job controller would do next. */
export function planJob({ job, pods, overdue }: JobView): JobPlan {
  const failures = pods.filter(({ status }) => status?.phase === "Failed");
  const verdicts = new Map(failures.map((pod) => [pod, verdictOn(pod, job)]));
  const indexes = isIndexed(job) ? lookAtIndexes({ job, pods, verdicts }) : undefined;
  const active = pods.filter(isActive);
  const succeeded = pods.filter(({ status }) => status?.phase === "Succeeded").length;
  const failed = [...verdicts.values()].filter(({ action }) => action !== "Ignore").length;
  const counts = {
    active,
    terminating: pods.filter((pod) => !isActive(pod) && !isTerminal(pod)).length,
    // A pod that was deleted after it had ended still counts: numbers never go back.
    succeeded: indexes?.completed.size ?? Math.max(succeeded, job.status?.succeeded ?? 0),
    failed: Math.max(failed, job.status?.failed ?? 0),
    ...(indexes && { indexes }),
  };
  const ended = endOf(job, { ...counts, verdicts, overdue });
  if (ended) return { ...counts, ready: 0, create: [], remove: active, ended };
  if (job.spec?.suspend) return { ...counts, ready: 0, create: [], remove: active };
  const { create, remove } = nextStep(job, counts);
  const surplus = new Set(remove);
  const ready = active.filter((pod) => isReady(pod) && !surplus.has(pod)).length;
  return { ...counts, ready, create, remove };
}

type Counts = Omit<JobPlan, "ready" | "create" | "remove" | "ended">;

function nextStep(job: Job, counts: Counts): Pick<JobPlan, "create" | "remove"> {
  const { active, indexes, succeeded, terminating } = counts;
  const surplus = indexes?.surplus ?? [];
  const working = active.filter((pod) => !surplus.includes(pod));
  const missing = wantedActive(job, succeeded, working.length) - working.length;
  const remove = [...surplus, ...byDispensability(working).slice(0, Math.max(0, -missing))];
  if (remove.length > 0) return { create: [], remove };
  const waitedFor = job.spec?.podReplacementPolicy === "Failed" ? terminating : 0;
  const room = Math.min(Math.max(0, missing - waitedFor), BURST);
  const create = indexes?.waiting.slice(0, room) ?? Array.from({ length: room }, () => ({}));
  return { create, remove: [] };
}

interface Standing extends Counts {
  readonly verdicts: ReadonlyMap<Pod, Verdict>;
  readonly overdue: boolean;
}

function endOf(job: Job, standing: Standing): JobPlan["ended"] {
  const { active, succeeded, indexes } = standing;
  const failure = failureOf(job, standing);
  if (failure) return { type: "Failed", outcome: failure };
  const rule = indexes && metRule(job, indexes);
  if (rule !== undefined) {
    return { type: "Complete", outcome: ["SuccessPolicy", `Matched rules at index ${rule}`] };
  }
  // Without completions any success ends the Job, once those that run have ended as well.
  const completions = job.spec?.completions;
  const done =
    completions === undefined ? succeeded > 0 && active.length === 0 : succeeded >= completions;
  if (!done) return undefined;
  const message = "Reached expected number of succeeded pods";
  return { type: "Complete", outcome: ["CompletionsReached", message] };
}

function failureOf(job: Job, { verdicts, overdue, ...counts }: Standing): Outcome | undefined {
  const fatal = [...verdicts.values()].find(({ action }) => action === "FailJob");
  if (fatal) return ["PodFailurePolicy", fatal.message];
  const isBeyond = counts.failed > (job.spec?.backoffLimit ?? 6);
  if (isBeyond || isRestartedTooOften(job, counts.active)) {
    return ["BackoffLimitExceeded", "Job has reached the specified backoff limit"];
  }
  if (overdue) return ["DeadlineExceeded", "Job was active longer than specified deadline"];
  return counts.indexes && endOfIndexes(job, counts.indexes);
}

function wantedActive({ spec }: Job, succeeded: number, active: number): number {
  const parallelism = spec?.parallelism ?? 1;
  if (spec?.completions === undefined)
    return succeeded > 0 ? Math.min(active, parallelism) : parallelism;
  return Math.min(parallelism, Math.max(0, spec.completions - succeeded));
}
