import {
  type FieldError,
  forbidden,
  immutable,
  invalid,
  nonNegative,
  notSupported,
  required,
} from "../field-error.ts";
import type { Deployment, Job, LabelSelector, PodTemplateSpec, ReplicaSet } from "../object.ts";
import { matcherOf } from "../selector.ts";
import { validateLabelSelector } from "./common.ts";
import { validateTemplate } from "./pod.ts";

type IntOrPercent = number | string;
type DeploymentSpec = NonNullable<Deployment["spec"]>;
type JobSpec = NonNullable<Job["spec"]>;
type Strategy = NonNullable<DeploymentSpec["strategy"]>;
type RollingUpdate = NonNullable<Strategy["rollingUpdate"]>;

const PERCENT = /^[0-9]+%$/;
const PERCENT_ERROR =
  "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";

function validateSelector(selector: LabelSelector | undefined, path: string): FieldError[] {
  if (selector === undefined) return [required(path)];
  const errors = validateLabelSelector(selector, path);
  if (!matcherOf(selector).isEmpty) return errors;
  const detail = "empty selector is invalid for deployment";
  return [...errors, invalid(path, { value: selector, detail })];
}

interface Selected {
  readonly selector?: LabelSelector | undefined;
  readonly template?: PodTemplateSpec | undefined;
}

function validateMatch({ selector, template }: Selected, path: string): FieldError[] {
  const labels = template?.metadata?.labels;
  const matcher = matcherOf(selector);
  if (matcher.isEmpty || matcher.matches(labels)) return [];
  const detail = "`selector` does not match template `labels`";
  return [invalid(`${path}.metadata.labels`, { value: labels ?? null, detail })];
}

/** A workload that keeps its pods running: they restart for ever. */
function validateLastingTemplate(selected: Selected, path: string): FieldError[] {
  const { template } = selected;
  const errors = [...validateMatch(selected, path), ...validateTemplate(template, path)];
  const { restartPolicy: value = "", activeDeadlineSeconds } = template?.spec ?? {};
  if (value !== "Always") {
    errors.push(notSupported(`${path}.spec.restartPolicy`, { value, supported: ["Always"] }));
  }
  if (activeDeadlineSeconds !== undefined) {
    const detail = "activeDeadlineSeconds in ReplicaSet is not Supported";
    errors.push(forbidden(`${path}.spec.activeDeadlineSeconds`, detail));
  }
  return errors;
}

/** What a workload without a spec is told. */
function nothingGiven(): FieldError[] {
  return [
    required("spec.selector"),
    ...validateMatch({}, "spec.template"),
    required("spec.template.spec.containers"),
  ];
}

/** Errors of a Deployment after defaulting. */
export function validateDeployment({ spec }: Deployment): FieldError[] {
  if (spec === undefined) return nothingGiven();
  const { replicas, selector, template, strategy, progressDeadlineSeconds } = spec;
  const minReadySeconds = spec.minReadySeconds ?? 0;
  const errors = [
    ...nonNegative("spec.replicas", replicas),
    ...validateSelector(selector, "spec.selector"),
    ...validateLastingTemplate({ selector, template }, "spec.template"),
    ...validateStrategy(strategy ?? {}, "spec.strategy"),
    ...nonNegative("spec.minReadySeconds", minReadySeconds),
    ...nonNegative("spec.revisionHistoryLimit", spec.revisionHistoryLimit),
    ...nonNegative("spec.progressDeadlineSeconds", progressDeadlineSeconds),
  ];
  if (progressDeadlineSeconds === undefined || progressDeadlineSeconds > minReadySeconds) {
    return errors;
  }
  const rule = { value: progressDeadlineSeconds, detail: "must be greater than minReadySeconds" };
  return [...errors, invalid("spec.progressDeadlineSeconds", rule)];
}

function validateStrategy(strategy: Strategy, path: string): FieldError[] {
  const { type, rollingUpdate } = strategy;
  const at = `${path}.rollingUpdate`;
  if (type === "RollingUpdate") {
    if (rollingUpdate) return validateRollingUpdate(rollingUpdate, at);
    return [required(at, "this should be defaulted and never be nil")];
  }
  if (type !== "Recreate") {
    return [notSupported(path, { value: strategy, supported: ["Recreate", "RollingUpdate"] })];
  }
  const detail = "may not be specified when strategy `type` is 'Recreate'";
  return rollingUpdate ? [forbidden(at, detail)] : [];
}

function validateRollingUpdate(update: RollingUpdate, path: string): FieldError[] {
  const { maxUnavailable = 0, maxSurge = 0 } = update;
  const errors = [
    ...validateIntOrPercent(maxUnavailable, `${path}.maxUnavailable`),
    ...validateIntOrPercent(maxSurge, `${path}.maxSurge`),
  ];
  const at = `${path}.maxUnavailable`;
  if (
    Number.parseInt(String(maxUnavailable), 10) === 0 &&
    Number.parseInt(String(maxSurge), 10) === 0
  ) {
    const detail = "may not be 0 when `maxSurge` is 0";
    errors.push(invalid(at, { value: maxUnavailable, detail }));
  }
  const percent = typeof maxUnavailable === "string" && PERCENT.test(maxUnavailable);
  if (percent && Number.parseInt(maxUnavailable, 10) > 100) {
    errors.push(invalid(at, { value: maxUnavailable, detail: "must not be greater than 100%" }));
  }
  return errors;
}

function validateIntOrPercent(value: IntOrPercent, path: string): FieldError[] {
  if (typeof value === "number") return nonNegative(path, value);
  return PERCENT.test(value) ? [] : [invalid(path, { value, detail: PERCENT_ERROR })];
}

export function validateDeploymentUpdate(next: Deployment, current: Deployment): FieldError[] {
  return immutable("spec.selector", { next: next.spec?.selector, current: current.spec?.selector });
}

/** Errors of a ReplicaSet after defaulting. */
export function validateReplicaSet({ spec }: ReplicaSet): FieldError[] {
  if (spec === undefined) return nothingGiven();
  const { selector, template } = spec;
  return [
    ...nonNegative("spec.replicas", spec.replicas),
    ...nonNegative("spec.minReadySeconds", spec.minReadySeconds),
    ...validateSelector(selector, "spec.selector"),
    ...validateLastingTemplate({ selector, template }, "spec.template"),
  ];
}

export function validateReplicaSetUpdate(next: ReplicaSet, current: ReplicaSet): FieldError[] {
  return immutable("spec.selector", { next: next.spec?.selector, current: current.spec?.selector });
}

/** Errors of a Job after defaulting and generation of its selector. */
export function validateJob(job: Job): FieldError[] {
  const spec: Partial<JobSpec> = job.spec ?? {};
  const { selector, template, completionMode, completions } = spec;
  const errors: FieldError[] = [];
  for (const field of [
    "parallelism",
    "completions",
    "activeDeadlineSeconds",
    "backoffLimit",
    "ttlSecondsAfterFinished",
    "backoffLimitPerIndex",
    "maxFailedIndexes",
  ] as const) {
    errors.push(...nonNegative(`spec.${field}`, spec[field]));
  }
  if (completionMode === "Indexed" && completions === undefined) {
    errors.push(required("spec.completions", "when completion mode is Indexed"));
  } else if (completionMode !== "Indexed" && completionMode !== "NonIndexed") {
    const rule = { value: completionMode, supported: ["Indexed", "NonIndexed"] };
    errors.push(notSupported("spec.completionMode", rule));
  }
  errors.push(...validateTemplate(template, "spec.template"), ...validateJobRestart(template));
  if (selector === undefined) errors.push(required("spec.selector"));
  return [
    ...errors,
    ...validateLabelSelector(selector, "spec.selector"),
    ...validateMatch({ selector, template }, "spec.template"),
  ];
}

function validateJobRestart(template: PodTemplateSpec | undefined): FieldError[] {
  const path = "spec.template.spec.restartPolicy";
  const value = template?.spec?.restartPolicy ?? "";
  if (value === "" || value === "Always") {
    return [required(path, 'valid values: "OnFailure", "Never"')];
  }
  const supported = ["OnFailure", "Never"];
  return supported.includes(value) ? [] : [notSupported(path, { value, supported })];
}

const JOB_FIXED = [
  "completionMode",
  "podFailurePolicy",
  "backoffLimitPerIndex",
  "managedBy",
  "successPolicy",
] as const;

/** Errors of a change: what a Job is may not change while it works. */
export function validateJobUpdate(next: Job, current: Job): FieldError[] {
  const now: Partial<JobSpec> = next.spec ?? {};
  const before: Partial<JobSpec> = current.spec ?? {};
  // an indexed Job may grow and shrink as a whole
  const elastic = now.completionMode === "Indexed" && now.completions === now.parallelism;
  const completions = { next: now.completions, current: before.completions };
  const template = isNotStarted(current) ? placedAs(now.template, before.template) : now.template;
  return [
    ...(elastic ? [] : immutable("spec.completions", completions)),
    ...immutable("spec.selector", { next: now.selector, current: before.selector }),
    ...immutable("spec.template", { next: template, current: before.template }),
    ...JOB_FIXED.flatMap((field) =>
      immutable(`spec.${field}`, { next: now[field], current: before[field] }),
    ),
  ];
}

const isNotStarted = ({ spec, status }: Job) =>
  spec?.suspend === true && status?.startTime === undefined;

const PLACEMENT = ["affinity", "nodeSelector", "tolerations", "schedulingGates"] as const;

/** The new template with what decides where pods go set back: that may change until the Job starts. */
function placedAs(
  next: PodTemplateSpec | undefined,
  current: PodTemplateSpec | undefined,
): PodTemplateSpec | undefined {
  if (next?.spec === undefined || current?.spec === undefined) return next;
  const spec = { ...next.spec };
  for (const field of PLACEMENT) {
    delete spec[field];
    const value = current.spec[field];
    if (value !== undefined) Object.assign(spec, { [field]: value });
  }
  const { labels: _, annotations: __, ...metadata } = next.metadata ?? {};
  const { labels, annotations } = current.metadata ?? {};
  const placed = { ...metadata, ...(labels && { labels }), ...(annotations && { annotations }) };
  return { ...next, ...(Object.keys(placed).length > 0 && { metadata: placed }), spec };
}
