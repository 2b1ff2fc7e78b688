import type { Job, Pod } from "#api/object.ts";
import { isActive, isReady } from "#api/pod.ts";
import { byDispensability } from "../pods.ts";

export type JobStatus = NonNullable<Job["status"]>;
type Outcome = readonly [reason: string, message: string];

/** Where a Job stands, and what it takes to go on. */
export interface JobPlan {
  readonly active: readonly Pod[];
  readonly succeeded: number;
  readonly failed: number;
  readonly ready: number;
  /** Pods to make. */
  readonly create: number;
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

/** Kubernetes' job controller without indices and pod failure policies. */
export function planJob({ job, pods, overdue }: JobView): JobPlan {
  const phase = (name: string) => pods.filter(({ status }) => status?.phase === name).length;
  const active = pods.filter(isActive);
  const counts = {
    active,
    // A pod that was deleted after it had ended still counts: numbers never go back.
    succeeded: Math.max(phase("Succeeded"), job.status?.succeeded ?? 0),
    failed: Math.max(phase("Failed"), job.status?.failed ?? 0),
    ready: active.filter(isReady).length,
  };
  const ended = endOf(job, counts, overdue);
  if (ended) return { ...counts, create: 0, remove: active, ended };
  if (job.spec?.suspend) return { ...counts, create: 0, remove: active };
  const missing = wantedActive(job, counts.succeeded, active.length) - active.length;
  const surplus = byDispensability(active).slice(0, Math.max(0, -missing));
  return { ...counts, create: Math.max(0, missing), remove: surplus };
}

interface Counts {
  readonly active: readonly Pod[];
  readonly succeeded: number;
  readonly failed: number;
}

function endOf({ spec }: Job, counts: Counts, overdue: boolean): JobPlan["ended"] {
  const { active, succeeded, failed } = counts;
  const fail = (...outcome: Outcome) => ({ type: "Failed", outcome }) as const;
  if (failed > (spec?.backoffLimit ?? 6)) {
    return fail("BackoffLimitExceeded", "Job has reached the specified backoff limit");
  }
  if (overdue) {
    return fail("DeadlineExceeded", "Job was active longer than specified deadline");
  }
  // Without completions any success ends the Job, once those that run have ended as well.
  const done =
    spec?.completions === undefined
      ? succeeded > 0 && active.length === 0
      : succeeded >= spec.completions;
  if (!done) return undefined;
  const message = "Reached expected number of succeeded pods";
  return { type: "Complete", outcome: ["CompletionsReached", message] };
}

function wantedActive({ spec }: Job, succeeded: number, active: number): number {
  const parallelism = spec?.parallelism ?? 1;
  if (spec?.completions === undefined)
    return succeeded > 0 ? Math.min(active, parallelism) : parallelism;
  return Math.min(parallelism, Math.max(0, spec.completions - succeeded));
}
