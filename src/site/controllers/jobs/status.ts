import type { Job } from "#api/object.ts";
import { nonZero, withCondition } from "#client/conditions.ts";
import { rfc3339 } from "#lib/clock.ts";
import type { JobPlan, JobStatus } from "./plan.ts";

/** The status after a pass, as `kubectl get` and `kubectl wait` read it. */
export function jobStatus(job: Job, plan: JobPlan, now: Date): JobStatus {
  const { startTime: before, completionTime } = job.status ?? {};
  const stamp = rfc3339(now);
  const suspended = job.spec?.suspend === true;
  const startTime = suspended && !plan.ended ? undefined : (before ?? stamp);
  const conditions = conditionsOf(job, plan, stamp);
  const end = completionTime ?? (plan.ended?.type === "Complete" ? stamp : undefined);
  return {
    ...othersOf(job.status ?? {}),
    ...countsOf(plan),
    ...indexTexts(job, plan),
    ...(conditions.length > 0 && { conditions }),
    ...(startTime !== undefined && { startTime }),
    ...(end !== undefined && { completionTime: end }),
  };
}

function countsOf({ active, create, remove, ended, ready, ...counts }: JobPlan) {
  return {
    ...nonZero("active", active.length + create.length - remove.length),
    ready,
    terminating: ended ? 0 : counts.terminating,
    ...nonZero("succeeded", counts.succeeded),
    ...nonZero("failed", counts.failed),
  };
}

/** What of a status is not settled by each pass. */
function othersOf({
  active: _active,
  ready: _ready,
  terminating: _terminating,
  succeeded: _succeeded,
  failed: _failed,
  completedIndexes: _completed,
  failedIndexes: _failedIndexes,
  conditions: _conditions,
  startTime: _startTime,
  completionTime: _completionTime,
  ...others
}: JobStatus) {
  return others;
}

function conditionsOf(job: Job, plan: JobPlan, stamp: string) {
  let conditions = [...(job.status?.conditions ?? [])];
  for (const condition of suspension(job.spec?.suspend === true, conditions)) {
    conditions = withCondition(conditions, { ...condition, lastTransitionTime: stamp });
  }
  for (const condition of endConditions(plan)) {
    const stamps = { lastProbeTime: stamp, lastTransitionTime: stamp };
    conditions = withCondition(conditions, { ...condition, ...stamps });
  }
  return conditions;
}

function indexTexts({ spec }: Job, { indexes }: JobPlan) {
  if (indexes === undefined) return {};
  const completedIndexes = indexes.completed.toString();
  return {
    ...(completedIndexes !== "" && { completedIndexes }),
    ...(spec?.backoffLimitPerIndex !== undefined && {
      failedIndexes: indexes.failed.toString(),
    }),
  };
}

function suspension(suspended: boolean, conditions: readonly { readonly type: string }[]) {
  const known = conditions.some(({ type }) => type === "Suspended");
  if (suspended) {
    return [
      { type: "Suspended", status: "True", reason: "JobSuspended", message: "Job suspended" },
    ];
  }
  if (!known) return [];
  return [{ type: "Suspended", status: "False", reason: "JobResumed", message: "Job resumed" }];
}

/** The criterion that was met, and then the end itself: both stand in the same status here. */
function endConditions({ ended }: JobPlan) {
  if (ended === undefined) return [];
  const [reason, message] = ended.outcome;
  const criterion = ended.type === "Complete" ? "SuccessCriteriaMet" : "FailureTarget";
  return [criterion, ended.type].map((type) => ({ type, status: "True", reason, message }));
}
