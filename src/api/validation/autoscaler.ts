import {
  type FieldError,
  forbidden,
  invalid,
  notSupported,
  positive,
  required,
} from "../field-error.ts";
import type { HorizontalPodAutoscaler } from "../object.ts";
import { Quantity } from "../quantity.ts";
import { each, nonNegativeFields } from "./common.ts";
import { validateMetric, validateReference } from "./metric.ts";
import { validateGroupVersion } from "./references.ts";

type Spec = NonNullable<HorizontalPodAutoscaler["spec"]>;
type Rules = NonNullable<NonNullable<Spec["behavior"]>["scaleUp"]>;
type Policy = NonNullable<Rules["policies"]>[number];

const MAX_PERIOD_SECONDS = 1800;
const MAX_WINDOW_SECONDS = 3600;
/** Metrics that there are without pods, too. */
const OUTSIDE_PODS: readonly string[] = ["Object", "External"];

/** Errors of a HorizontalPodAutoscaler after defaulting. */
export function validateAutoscaler({ spec }: HorizontalPodAutoscaler): FieldError[] {
  const { minReplicas, maxReplicas = 0, scaleTargetRef, metrics = [], behavior } = spec ?? {};
  const errors: FieldError[] = [];
  if (minReplicas !== undefined && minReplicas < 1) {
    const detail = "must be greater than or equal to 1";
    errors.push(invalid("spec.minReplicas", { value: minReplicas, detail }));
  }
  if (maxReplicas === 0) {
    errors.push(required("spec.maxReplicas", "must be set and greater than 0"));
  } else if (maxReplicas < 1) {
    const detail = "must be greater than 0";
    errors.push(invalid("spec.maxReplicas", { value: maxReplicas, detail }));
  }
  if (minReplicas !== undefined && maxReplicas < minReplicas) {
    const detail = "must be greater than or equal to `minReplicas`";
    errors.push(invalid("spec.maxReplicas", { value: maxReplicas, detail }));
  }
  errors.push(...validateReference(scaleTargetRef, "spec.scaleTargetRef"));
  errors.push(...each(metrics, "spec.metrics", validateMetric));
  if (minReplicas === 0 && !metrics.some(({ type }) => OUTSIDE_PODS.includes(type))) {
    const detail =
      "must specify at least one Object or External metric to support scaling to zero replicas";
    errors.push(forbidden("spec.metrics", detail));
  }
  return [
    ...errors,
    ...validateRules(behavior?.scaleUp, "spec.behavior.scaleUp"),
    ...validateRules(behavior?.scaleDown, "spec.behavior.scaleDown"),
  ];
}

/** Errors of a new one alone: what is scaled is of a named group, but for the one kind without. */
export function validateNewAutoscaler({ spec }: HorizontalPodAutoscaler): FieldError[] {
  const { apiVersion = "", kind = "" } = spec?.scaleTargetRef ?? {};
  const needsGroup = kind !== "ReplicationController";
  return validateGroupVersion("spec.scaleTargetRef.apiVersion", { apiVersion, needsGroup });
}

/** Errors of a change: a group that was never named need not be named now. */
export function validateAutoscalerUpdate(
  next: HorizontalPodAutoscaler,
  current: HorizontalPodAutoscaler,
): FieldError[] {
  const sortOf = ({ spec }: HorizontalPodAutoscaler) => {
    const { apiVersion = "", kind = "" } = spec?.scaleTargetRef ?? {};
    return { apiVersion, kind };
  };
  return Bun.deepEquals(sortOf(next), sortOf(current)) ? [] : validateNewAutoscaler(next);
}

function validateRules(rules: Rules | undefined, path: string): FieldError[] {
  if (rules === undefined) return [];
  const { stabilizationWindowSeconds: seconds = 0, selectPolicy: value, policies } = rules;
  const errors: FieldError[] = [];
  const window = `${path}.stabilizationWindowSeconds`;
  if (seconds < 0) {
    const detail = "must be greater than or equal to zero";
    errors.push(invalid(window, { value: seconds, detail }));
  }
  if (seconds > MAX_WINDOW_SECONDS) {
    const detail = `must be less than or equal to ${MAX_WINDOW_SECONDS}`;
    errors.push(invalid(window, { value: seconds, detail }));
  }
  const supported = ["Disabled", "Max", "Min"];
  if (value !== undefined && !supported.includes(value)) {
    errors.push(notSupported(`${path}.selectPolicy`, { value, supported }));
  }
  if (!policies?.length) {
    errors.push(required(`${path}.policies`, "must specify at least one Policy"));
  }
  errors.push(...each(policies, `${path}.policies`, validatePolicy));
  const tolerance = Quantity.tryParse(rules.tolerance ?? "0") ?? Quantity.zero;
  if (tolerance.compare(Quantity.zero) >= 0) return errors;
  const detail = "must be greater than or equal to 0";
  return [...errors, invalid(`${path}.tolerance`, { value: tolerance, detail })];
}

function validatePolicy({ type, value, periodSeconds }: Policy, path: string): FieldError[] {
  const supported = ["Percent", "Pods"];
  const errors = supported.includes(type)
    ? []
    : [notSupported(`${path}.type`, { value: type, supported })];
  const at = `${path}.periodSeconds`;
  errors.push(...positive(`${path}.value`, value), ...positive(at, periodSeconds));
  if (periodSeconds > MAX_PERIOD_SECONDS) {
    const limit = `must be less than or equal to ${MAX_PERIOD_SECONDS}`;
    errors.push(invalid(at, { value: periodSeconds, detail: limit }));
  }
  return errors;
}

/** Errors of what its controller says of it. */
export function validateAutoscalerStatus({ status }: HorizontalPodAutoscaler): FieldError[] {
  return nonNegativeFields(status, "status", ["currentReplicas", "desiredReplicas"]);
}
