import type { Job } from "#api/object.ts";
import { nonZero, withCondition } from "#client/conditions.ts";
import { rfc3339 } from "#lib/clock.ts";
import type { JobPlan, JobStatus } from "./plan.ts";

/** The status after a pass, as `kubectl get` and `kubectl wait` read it. */
export function jobStatus(job: Job, plan: JobPlan, now: Date): JobStatus {
  const { startTime: before, completionTime, conditions: present = [], ...rest } = job.status ?? {};
  const stamp = rfc3339(now);
  const suspended = job.spec?.suspend === true;
  const startTime = suspended && !plan.ended ? undefined : (before ?? stamp);
  let conditions = [...present];
  for (const condition of suspension(suspended, conditions)) {
    conditions = withCondition(conditions, { ...condition, lastTransitionTime: stamp });
  }
  for (const condition of endConditions(plan)) {
    const stamps = { lastProbeTime: stamp, lastTransitionTime: stamp };
    conditions = withCondition(conditions, { ...condition, ...stamps });
  }
  const {
    active: _active,
    ready: _ready,
    succeeded: _succeeded,
    failed: _failed,
    terminating: _terminating,
    ...others
  } = rest;
  const activeLeft =
    plan.ended || suspended ? 0 : plan.active.length + plan.create - plan.remove.length;
  const end = plan.ended?.type === "Complete" ? stamp : undefined;
  return {
    ...others,
    ...nonZero("active", activeLeft),
    ready: plan.ended ? 0 : plan.ready,
    terminating: 0,
    ...nonZero("succeeded", plan.succeeded),
    ...nonZero("failed", plan.failed),
    ...(conditions.length > 0 && { conditions }),
    ...(startTime !== undefined && { startTime }),
    ...((completionTime ?? end) && { completionTime: completionTime ?? end ?? "" }),
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
