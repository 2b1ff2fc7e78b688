import {
  type FieldError,
  immutable,
  invalid,
  nonNegative,
  notSupported,
  required,
} from "../field-error.ts";
import { held, SELECTOR } from "../held/held-json.ts";
import type { ControllerRevision, DaemonSet } from "../object.ts";
import { nonNegativeFields, validateLabelSelector } from "./common.ts";
import { notMoreThanAll, numberOf, validateIntOrPercent } from "./int-or-percent.ts";
import { validateTemplate } from "./pod.ts";
import {
  nothingGiven,
  validateEndless,
  validateMatch,
  validateNotEmpty,
} from "./selected-template.ts";
import { notDecremented } from "./status-counts.ts";

type Spec = NonNullable<DaemonSet["spec"]>;
type Strategy = NonNullable<Spec["updateStrategy"]>;

/** Errors of a DaemonSet after defaulting. */
export function validateDaemonSet({ spec }: DaemonSet): FieldError[] {
  if (spec === undefined) return nothingGiven();
  const { selector, template } = spec;
  return [
    ...validateLabelSelector(selector, "spec.selector"),
    ...validateMatch({ selector, template }, "spec.template"),
    ...validateNotEmpty(selector, { path: "spec.selector", kind: "daemonset" }),
    ...validateTemplate(template, "spec.template"),
    ...validateEndless(template, { path: "spec.template", kind: "DaemonSet" }),
    ...nonNegativeFields(spec, "spec", ["minReadySeconds"]),
    ...validateStrategy(spec.updateStrategy ?? {}, "spec.updateStrategy"),
    ...nonNegativeFields(spec, "spec", ["revisionHistoryLimit"]),
  ];
}

function validateStrategy(strategy: Strategy, path: string): FieldError[] {
  const { type, rollingUpdate } = strategy;
  if (type === "OnDelete") return [];
  if (type !== "RollingUpdate") {
    const value = held("io.k8s.api.apps.v1.DaemonSetUpdateStrategy", strategy);
    return [notSupported(path, { value, supported: ["RollingUpdate", "OnDelete"] })];
  }
  if (rollingUpdate === undefined) return [required(`${path}.rollingUpdate`)];
  const { maxUnavailable = 0, maxSurge = 0 } = rollingUpdate;
  const unavailable = `${path}.rollingUpdate.maxUnavailable`;
  const surge = `${path}.rollingUpdate.maxSurge`;
  const errors = [
    ...validateIntOrPercent(maxUnavailable, unavailable),
    ...validateIntOrPercent(maxSurge, surge),
    ...notMoreThanAll(maxUnavailable, unavailable),
    ...notMoreThanAll(maxSurge, surge),
  ];
  const [hasUnavailable, hasSurge] = [numberOf(maxUnavailable) !== 0, numberOf(maxSurge) !== 0];
  if (hasUnavailable && hasSurge) {
    const detail = "may not be set when maxUnavailable is non-zero";
    errors.push(invalid(surge, { value: maxSurge, detail }));
  }
  if (!(hasUnavailable || hasSurge)) {
    errors.push(required(unavailable, "cannot be 0 when maxSurge is 0"));
  }
  return errors;
}

export function validateDaemonSetUpdate(next: DaemonSet, current: DaemonSet): FieldError[] {
  const [now, before] = [next, current].map(({ spec }) => held(SELECTOR, spec?.selector));
  return immutable("spec.selector", { next: now, current: before });
}

const COUNTS = [
  "currentNumberScheduled",
  "numberMisscheduled",
  "desiredNumberScheduled",
  "numberReady",
  "observedGeneration",
  "updatedNumberScheduled",
  "numberAvailable",
  "numberUnavailable",
  "collisionCount",
] as const;

/** Errors of what a DaemonSet's controller says of it. */
export function validateDaemonSetStatus(next: DaemonSet, current: DaemonSet): FieldError[] {
  return [
    ...nonNegativeFields(next.status, "status", COUNTS),
    ...notDecremented(next.status, current.status),
  ];
}

/** Errors of a ControllerRevision: a version of something, kept. */
export function validateControllerRevision({ revision }: ControllerRevision): FieldError[] {
  return nonNegative("revision", revision);
}

/** Errors of what a new one keeps: an object, of any kind. */
export function validateNewControllerRevision({ data }: ControllerRevision): FieldError[] {
  const kept: unknown = data ?? null;
  if (kept === null) return [required("data", "data is mandatory")];
  const isObject = typeof kept === "object" && !Array.isArray(kept);
  return isObject ? [] : [required("data", "data must be a valid JSON object")];
}

/** What was kept does not change. */
export function validateControllerRevisionUpdate(
  next: ControllerRevision,
  current: ControllerRevision,
): FieldError[] {
  return immutable("data", { next: next.data, current: current.data });
}
