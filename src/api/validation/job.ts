import {
  type FieldError,
  immutable,
  invalid,
  invalidAll,
  notSupported,
  required,
  tooLong,
} from "../field-error.ts";
import { heldImmutable } from "../held/held-immutable.ts";
import { held, SELECTOR } from "../held/held-json.ts";
import { dns1123Label, domainPrefixedPath } from "../names.ts";
import type { Job } from "../object.ts";
import { SCHEMA } from "../schema.ts";
import { matcherOf } from "../selector.ts";
import { nonNegativeFields, validateLabelSelector } from "./common.ts";
import { placedAs } from "./job-placement.ts";
import { validateFailurePolicy, validateSuccessPolicy } from "./job-policies.ts";
import { validateTemplate } from "./pod.ts";
import { validateMatch } from "./selected-template.ts";

/** A Job's spec, also before its selector is made. */
export type JobSpec = NonNullable<Job["spec"]>;

const MAX_PARALLELISM = 100_000;
const MAX_FAILED_INDEXES = 100_000;
/** Beyond this the indexes that failed no longer fit into the status. */
const MANY_COMPLETIONS = 100_000;
const MAX_WITH_MANY_COMPLETIONS = 10_000;
const MANAGED_BY_MAX_BYTES = 63;

/** Errors of a Job after defaulting and generation of its selector. */
export function validateJob(job: Job): FieldError[] {
  const spec: Partial<JobSpec> = job.spec ?? {};
  const { selector, template, completionMode, completions = 0 } = spec;
  const errors = [...validateGenerated(job), ...validateJobSpec(spec, "spec")];
  if (selector === undefined) errors.push(required("spec.selector"));
  errors.push(...validateLabelSelector(selector, "spec.selector"));
  errors.push(...validateMatch({ selector, template }, "spec.template"));
  if (completionMode !== "Indexed" || completions <= 0) return errors;
  const name = job.metadata?.name ?? "";
  const longest = `${name}-${completions - 1}`;
  if (dns1123Label(longest).length === 0) return errors;
  const detail = `will not able to create pod with invalid DNS label: ${longest}`;
  return [...errors, invalid("metadata.name", { value: name, detail })];
}

/** The labels that the server gave the pods are those by which the Job finds them. */
function validateGenerated({ metadata, spec }: Job): FieldError[] {
  if (spec === undefined || spec.manualSelector || spec.selector === undefined) return [];
  const { uid = "", name = "" } = metadata ?? {};
  const expected = {
    "controller-uid": uid,
    "job-name": name,
    "batch.kubernetes.io/controller-uid": uid,
    "batch.kubernetes.io/job-name": name,
  };
  const labels = spec.template.metadata?.labels ?? {};
  const errors = Object.entries(expected).flatMap(([key, value]) => {
    const path = `spec.template.metadata.labels[${key}]`;
    const detail = `must be '${value}'`;
    if (labels[key] === undefined) return [required(path, detail)];
    return labels[key] === value ? [] : [invalid(path, { value: labels, detail })];
  });
  if (matcherOf(spec.selector).matches(expected)) return errors;
  const rule = { value: held(SELECTOR, spec.selector), detail: "`selector` not auto-generated" };
  return [...errors, invalid("spec.selector", rule)];
}

const COUNTS = [
  "parallelism",
  "completions",
  "activeDeadlineSeconds",
  "backoffLimit",
  "ttlSecondsAfterFinished",
  "backoffLimitPerIndex",
  "maxFailedIndexes",
] as const;

/** Errors of all but the selector. */
export function validateJobSpec(spec: Partial<JobSpec>, path: string): FieldError[] {
  const { template, podFailurePolicy, successPolicy, completionMode } = spec;
  const errors = nonNegativeFields(spec, path, COUNTS);
  if (spec.maxFailedIndexes !== undefined && spec.backoffLimitPerIndex === undefined) {
    const detail = "when maxFailedIndexes is specified";
    errors.push(required(`${path}.backoffLimitPerIndex`, detail));
  }
  errors.push(...validateManager(spec.managedBy, `${path}.managedBy`));
  errors.push(...validateMode(spec, path));
  if (podFailurePolicy) {
    errors.push(...validateFailurePolicy(spec, `${path}.podFailurePolicy`));
  }
  if (successPolicy && completionMode !== "Indexed") {
    const value = held("io.k8s.api.batch.v1.SuccessPolicy", successPolicy);
    const detail = "requires indexed completion mode";
    errors.push(invalid(`${path}.successPolicy`, { value, detail }));
  } else if (successPolicy) {
    errors.push(...validateSuccessPolicy(spec, `${path}.successPolicy`));
  }
  return [
    ...errors,
    ...validateReplacement(spec, `${path}.podReplacementPolicy`),
    ...validateTemplate(template, `${path}.template`),
    ...validateRestart(spec, `${path}.template.spec.restartPolicy`),
  ];
}

function validateManager(value: string | undefined, path: string): FieldError[] {
  if (value === undefined) return [];
  if (value === "") return [required(path)];
  const { malformed, host, rest } = domainPrefixedPath(value);
  const parts = malformed.length > 0 ? [{ value, errors: malformed }] : [host, rest];
  const errors = parts.flatMap((part) =>
    invalidAll(path, { value: part.value, details: part.errors }),
  );
  return value.length > MANAGED_BY_MAX_BYTES
    ? [...errors, tooLong(path, MANAGED_BY_MAX_BYTES)]
    : errors;
}

function validateMode(spec: Partial<JobSpec>, path: string): FieldError[] {
  const { completionMode: value } = spec;
  const errors: FieldError[] = [];
  if (value !== undefined && value !== "Indexed" && value !== "NonIndexed") {
    const rule = { value, supported: ["NonIndexed", "Indexed"] };
    errors.push(notSupported(`${path}.completionMode`, rule));
  }
  if (value === "Indexed") errors.push(...validateIndexed(spec, path));
  if (value !== undefined && value !== "NonIndexed") return errors;
  const detail = "requires indexed completion mode";
  for (const field of ["backoffLimitPerIndex", "maxFailedIndexes"] as const) {
    if (spec[field] === undefined) continue;
    errors.push(invalid(`${path}.${field}`, { value: spec[field], detail }));
  }
  return errors;
}

function validateIndexed(spec: Partial<JobSpec>, path: string): FieldError[] {
  const { completions, parallelism = 0, maxFailedIndexes: failed } = spec;
  const errors: FieldError[] = [];
  const tooHigh = (field: "parallelism" | "maxFailedIndexes", detail: string) =>
    errors.push(
      invalid(`${path}.${field}`, {
        value: spec[field],
        detail: `must be less than or equal to ${detail}`,
      }),
    );
  if (completions === undefined) {
    errors.push(required(`${path}.completions`, "when completion mode is Indexed"));
  }
  if (parallelism > MAX_PARALLELISM) {
    tooHigh("parallelism", `${MAX_PARALLELISM} when completion mode is Indexed`);
  }
  if (completions !== undefined && failed !== undefined && failed > completions) {
    tooHigh("maxFailedIndexes", "completions");
  }
  if (failed !== undefined && failed > MAX_FAILED_INDEXES) {
    tooHigh("maxFailedIndexes", `${MAX_FAILED_INDEXES}`);
  }
  if ((completions ?? 0) <= MANY_COMPLETIONS || spec.backoffLimitPerIndex === undefined) {
    return errors;
  }
  const limit = `${MAX_WITH_MANY_COMPLETIONS} when completions are above ${MANY_COMPLETIONS} and used with backoff limit per index`;
  if (failed === undefined) {
    const detail = `must be specified when completions is above ${MANY_COMPLETIONS}`;
    errors.push(required(`${path}.maxFailedIndexes`, detail));
  }
  if (parallelism > MAX_WITH_MANY_COMPLETIONS) tooHigh("parallelism", limit);
  if (failed !== undefined && failed > MAX_WITH_MANY_COMPLETIONS)
    tooHigh("maxFailedIndexes", limit);
  return errors;
}

/** With a failure policy a pod is replaced only when it has failed for good. */
function validateReplacement(spec: Partial<JobSpec>, path: string): FieldError[] {
  const { podReplacementPolicy: value } = spec;
  const supported = spec.podFailurePolicy ? ["Failed"] : ["Failed", "TerminatingOrFailed"];
  if (value === undefined || supported.includes(value)) return [];
  return [notSupported(path, { value, supported })];
}

function validateRestart(spec: Partial<JobSpec>, path: string): FieldError[] {
  const value = spec.template?.spec?.restartPolicy ?? "";
  if (value === "" || value === "Always") {
    return [required(path, 'valid values: "OnFailure", "Never"')];
  }
  const supported = ["OnFailure", "Never"];
  if (!supported.includes(value)) return [notSupported(path, { value, supported })];
  if (spec.podFailurePolicy === undefined || value === "Never") return [];
  const detail = 'only "Never" is supported when podFailurePolicy is specified';
  return [invalid(path, { value, detail })];
}

const JOB_SPEC = SCHEMA.object("io.k8s.api.batch.v1.JobSpec");

const FIXED = [
  "selector",
  "template",
  "completionMode",
  "podFailurePolicy",
  "backoffLimitPerIndex",
  "managedBy",
  "successPolicy",
] as const;

/** Errors of a change: what a Job is may not change while it works. */
export function validateJobUpdate(next: Job, current: Job): FieldError[] {
  const now: Partial<JobSpec> = next.spec ?? {};
  const old: Partial<JobSpec> = current.spec ?? {};
  const before =
    old.template && isNotStarted(current)
      ? { ...old, template: placedAs(old.template, now.template ?? {}) }
      : old;
  return [
    ...validateCompletions(now, before),
    ...heldImmutable(JOB_SPEC, { next: now, current: before }, { path: "spec", fields: FIXED }),
  ];
}

/** An indexed Job may grow and shrink as a whole. */
function validateCompletions(now: Partial<JobSpec>, before: Partial<JobSpec>): FieldError[] {
  const { completionMode, completions: value, parallelism } = now;
  const path = "spec.completions";
  if (completionMode !== "Indexed") {
    return immutable(path, { next: value, current: before.completions });
  }
  if (value === undefined || value === before.completions || value === parallelism) return [];
  return [invalid(path, { value, detail: "can only be modified in tandem with spec.parallelism" })];
}

const isNotStarted = ({ spec, status }: Job) =>
  spec?.suspend === true && status?.startTime === undefined;
