import {
  duplicate,
  type FieldError,
  invalid,
  invalidWithoutValue,
  required,
} from "../field-error.ts";
import type { Job } from "../object.ts";
import { each, nonNegativeFields } from "./common.ts";
import { commonIndex, indexCount } from "./job-indexes.ts";

type Status = NonNullable<Job["status"]>;

const is = (status: Status, type: string) =>
  status.conditions?.some((one) => one.type === type && one.status === "True") ?? false;
const isFinished = (status: Status) => is(status, "Complete") || is(status, "Failed");

const CONDITIONS = "status.conditions";
const conditionsError = (detail: string) => invalidWithoutValue(CONDITIONS, detail);

interface Change {
  readonly spec: Partial<NonNullable<Job["spec"]>>;
  readonly now: Status;
  readonly before: Status;
  /** True where any of these differs: rules hold for what changes, not for what was wrong before. */
  changed(...read: readonly ((status: Status) => unknown)[]): boolean;
}

/**
 * Errors of what a Job's controller says of it. Other programs may be that controller (`managedBy`),
 * so that what clients rely on is checked: a Job that has ended stays so, and counts only rise.
 */
export function validateJobStatus(next: Job, current: Job): FieldError[] {
  const [now, before] = [next.status ?? {}, current.status ?? {}];
  const change: Change = {
    spec: next.spec ?? {},
    now,
    before,
    changed: (...read) => read.some((value) => !Bun.deepEquals(value(now), value(before))),
  };
  return [
    ...nonNegativeFields(now, "status", ["active", "succeeded", "failed", "ready", "terminating"]),
    ...validateReady(change),
    ...validateUncounted(now),
    ...validateEnd(change),
    ...validateIndexes(change),
    ...validateCriteria(change),
    ...validateProgress(change),
  ];
}

/** Pods that are ready are active. */
function validateReady({ now: { ready = 0, active = 0 }, changed }: Change): FieldError[] {
  const isNews = changed(
    (status) => status.ready,
    (status) => status.active,
  );
  if (!isNews || ready <= active) return [];
  const detail = "cannot set more ready pods than active";
  return [invalid("status.ready", { value: ready, detail })];
}

function validateUncounted({ uncountedTerminatedPods: pods }: Status): FieldError[] {
  const seen = new Set<string>();
  return (["succeeded", "failed"] as const).flatMap((list) =>
    each(pods?.[list], `status.uncountedTerminatedPods.${list}`, (uid, path) => {
      if (uid === "") return [invalid(path, { value: uid, detail: "must not be empty" })];
      if (seen.has(uid)) return [duplicate(path, uid)];
      seen.add(uid);
      return [];
    }),
  );
}

const complete = (status: Status) => is(status, "Complete");
const failed = (status: Status) => is(status, "Failed");
const failing = (status: Status) => is(status, "FailureTarget");
const startTime = (status: Status) => status.startTime;
const completionTime = (status: Status) => status.completionTime;

/** How a Job ends: one way, at a time, with nothing left running. */
function validateEnd(change: Change): FieldError[] {
  const { now, changed } = change;
  const errors: FieldError[] = [];
  if (changed(complete, failed) && complete(now) && failed(now)) {
    errors.push(conditionsError("cannot set Complete=True and Failed=true conditions"));
  }
  if (changed(complete, failing) && complete(now) && failing(now)) {
    errors.push(conditionsError("cannot set Complete=True and FailureTarget=true conditions"));
  }
  return [...errors, ...validateTimes(change), ...(isFinished(now) ? validateRest(change) : [])];
}

function validateTimes({ now, changed }: Change): FieldError[] {
  const path = "status.completionTime";
  const { completionTime: value, startTime: started } = now;
  const errors: FieldError[] = [];
  if (changed(complete, completionTime)) {
    if (value !== undefined && !complete(now)) {
      const detail = "cannot set completionTime when there is no Complete=True condition";
      errors.push(invalid(path, { value, detail }));
    }
    if (value === undefined && complete(now)) {
      errors.push(required(path, "completionTime is required for Complete jobs"));
    }
  }
  const isEarly = started !== undefined && value !== undefined && value < started;
  if (!(isEarly && changed(startTime, completionTime))) return errors;
  return [
    ...errors,
    invalid(path, { value, detail: "completionTime cannot be set before startTime" }),
  ];
}

/** What a Job that has ended leaves behind: no pod that runs or is not counted yet. */
function validateRest({ now, changed }: Change): FieldError[] {
  const { active = 0, uncountedTerminatedPods: uncounted } = now;
  const errors: FieldError[] = [];
  if (changed(isFinished, (status) => status.active ?? 0) && active > 0) {
    const rule = { value: active, detail: "active>0 is invalid for finished job" };
    errors.push(invalid("status.active", rule));
  }
  if (changed(isFinished, startTime) && now.startTime === undefined) {
    errors.push(required("status.startTime", "startTime is required for finished job"));
  }
  const count = (uncounted?.failed?.length ?? 0) + (uncounted?.succeeded?.length ?? 0);
  if (changed(isFinished, (status) => status.uncountedTerminatedPods) && count > 0) {
    const detail = "uncountedTerminatedPods needs to be empty for finished job";
    errors.push(invalid("status.uncountedTerminatedPods", { value: uncounted, detail }));
  }
  return errors;
}

/** Which indexes are done and which have failed: none is both. */
function validateIndexes({ spec, now, changed }: Change): FieldError[] {
  const { completions, backoffLimitPerIndex, completionMode } = spec;
  const { completedIndexes: done = "", failedIndexes: lost } = now;
  const isDoneChanged = changed(({ completedIndexes }) => completedIndexes ?? "");
  const isLostChanged = changed(({ failedIndexes }) => failedIndexes);
  const errors: FieldError[] = [];
  const parse = (field: "completedIndexes" | "failedIndexes", text: string) => {
    const counted = indexCount(text, completions ?? 0);
    if (typeof counted === "number") return;
    const detail = `error parsing ${field}: ${counted.error}`;
    errors.push(invalid(`status.${field}`, { value: text, detail }));
  };
  if (isDoneChanged && completions !== undefined) parse("completedIndexes", done);
  if (isLostChanged && completions !== undefined && backoffLimitPerIndex !== undefined && lost) {
    parse("failedIndexes", lost);
  }
  if (isDoneChanged && done !== "" && completionMode !== "Indexed") {
    const detail = "cannot set non-empty completedIndexes when non-indexed completion mode";
    errors.push(invalid("status.completedIndexes", { value: done, detail }));
  }
  if (isLostChanged && lost !== undefined && backoffLimitPerIndex === undefined) {
    const detail = "cannot set non-null failedIndexes when backoffLimitPerIndex is null";
    errors.push(invalid("status.failedIndexes", { value: lost, detail }));
  }
  if (!(isDoneChanged || isLostChanged) || completions === undefined || lost === undefined) {
    return errors;
  }
  const both = commonIndex({ left: done, right: lost }, completions);
  if (both === undefined) return errors;
  const detail = `failedIndexes and completedIndexes overlap at index: ${both}`;
  return [...errors, invalid("status.failedIndexes", { value: lost, detail })];
}

/** `SuccessCriteriaMet` comes before `Complete` and excludes failure. */
function validateCriteria({ spec, now }: Change): FieldError[] {
  const met = is(now, "SuccessCriteriaMet");
  const errors: FieldError[] = [];
  if (met && failed(now)) {
    errors.push(conditionsError("cannot set SuccessCriteriaMet=True and Failed=true conditions"));
  }
  if (met && failing(now)) {
    const detail = "cannot set SuccessCriteriaMet=True and FailureTarget=true conditions";
    errors.push(conditionsError(detail));
  }
  if (spec.successPolicy && !met && complete(now)) {
    const detail =
      "cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True";
    errors.push(conditionsError(detail));
  }
  return errors;
}

/** What was reached is not taken back. */
function validateProgress({ spec, now, before, changed }: Change): FieldError[] {
  const errors: FieldError[] = [];
  for (const type of ["Failed", "Complete", "FailureTarget"]) {
    if (is(before, type) && !is(now, type)) {
      errors.push(conditionsError(`cannot disable the terminal ${type}=True condition`));
    }
  }
  const falls = (field: "failed" | "succeeded") => {
    if ((now[field] ?? 0) >= (before[field] ?? 0)) return;
    const detail = `cannot decrease the ${field} counter`;
    errors.push(invalid(`status.${field}`, { value: now[field] ?? 0, detail }));
  };
  falls("failed");
  const elastic = spec.completionMode === "Indexed" && spec.completions === spec.parallelism;
  if (!elastic) falls("succeeded");
  const { completionTime: ended } = now;
  if (ended && before.completionTime && ended !== before.completionTime) {
    const detail = "completionTime cannot be mutated";
    errors.push(invalid("status.completionTime", { value: ended, detail }));
  }
  if (before.startTime && changed(startTime) && !spec.suspend) {
    const detail = "startTime cannot be removed for unsuspended job";
    errors.push(required("status.startTime", detail));
  }
  const met = (status: Status) => is(status, "SuccessCriteriaMet");
  if (met(before) && !met(now)) {
    errors.push(conditionsError("cannot disable the SuccessCriteriaMet=True condition"));
  }
  if (complete(before) && !met(before) && met(now)) {
    const detail =
      "cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions";
    errors.push(conditionsError(detail));
  }
  return errors;
}
