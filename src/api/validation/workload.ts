import {
  type FieldError,
  forbidden,
  immutable,
  invalid,
  nonNegative,
  notSupported,
  required,
} from "../field-error.ts";
import { held, SELECTOR } from "../held/held-json.ts";
import type { Deployment, ReplicaSet } from "../object.ts";
import { nonNegativeFields } from "./common.ts";
import { notMoreThanAll, numberOf, validateIntOrPercent } from "./int-or-percent.ts";
import {
  nothingGiven,
  validateLastingTemplate,
  validateRequiredSelector,
} from "./selected-template.ts";
import { notAboveReady, notDecremented, partsOf } from "./status-counts.ts";

type DeploymentSpec = NonNullable<Deployment["spec"]>;
type Strategy = NonNullable<DeploymentSpec["strategy"]>;
type RollingUpdate = NonNullable<Strategy["rollingUpdate"]>;

/** Errors of a Deployment after defaulting. */
export function validateDeployment({ spec }: Deployment): FieldError[] {
  if (spec === undefined) return nothingGiven();
  const { replicas, selector, template, strategy, progressDeadlineSeconds } = spec;
  const minReadySeconds = spec.minReadySeconds ?? 0;
  const errors = [
    ...nonNegative("spec.replicas", replicas),
    ...validateRequiredSelector(selector, { path: "spec.selector", kind: "deployment" }),
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
    const value = held("io.k8s.api.apps.v1.DeploymentStrategy", strategy);
    return [notSupported(path, { value, supported: ["Recreate", "RollingUpdate"] })];
  }
  const detail = "may not be specified when strategy `type` is 'Recreate'";
  return rollingUpdate ? [forbidden(at, detail)] : [];
}

function validateRollingUpdate(update: RollingUpdate, path: string): FieldError[] {
  const { maxUnavailable = 0, maxSurge = 0 } = update;
  const at = `${path}.maxUnavailable`;
  const errors = [
    ...validateIntOrPercent(maxUnavailable, at),
    ...validateIntOrPercent(maxSurge, `${path}.maxSurge`),
  ];
  if (numberOf(maxUnavailable) === 0 && numberOf(maxSurge) === 0) {
    const detail = "may not be 0 when `maxSurge` is 0";
    errors.push(invalid(at, { value: maxUnavailable, detail }));
  }
  return [...errors, ...notMoreThanAll(maxUnavailable, at)];
}

export function validateDeploymentUpdate(next: Deployment, current: Deployment): FieldError[] {
  const [now, before] = [next, current].map(({ spec }) => held(SELECTOR, spec?.selector));
  return immutable("spec.selector", { next: now, current: before });
}

/** Errors of a ReplicaSet after defaulting. */
export function validateReplicaSet({ spec }: ReplicaSet): FieldError[] {
  if (spec === undefined) return nothingGiven();
  const { selector, template } = spec;
  return [
    ...nonNegative("spec.replicas", spec.replicas),
    ...nonNegative("spec.minReadySeconds", spec.minReadySeconds),
    ...validateRequiredSelector(selector, { path: "spec.selector", kind: "deployment" }),
    ...validateLastingTemplate({ selector, template }, "spec.template"),
  ];
}

export function validateReplicaSetUpdate(next: ReplicaSet, current: ReplicaSet): FieldError[] {
  const [now, before] = [next, current].map(({ spec }) => held(SELECTOR, spec?.selector));
  return immutable("spec.selector", { next: now, current: before });
}

const DEPLOYMENT_COUNTS = [
  "observedGeneration",
  "replicas",
  "updatedReplicas",
  "readyReplicas",
  "availableReplicas",
  "unavailableReplicas",
  "terminatingReplicas",
  "collisionCount",
] as const;

/** Errors of what a Deployment's controller says of it. */
export function validateDeploymentStatus(next: Deployment, current: Deployment): FieldError[] {
  const { updatedReplicas, readyReplicas, availableReplicas, ...status } = next.status ?? {};
  return [
    ...nonNegativeFields(next.status, "status", DEPLOYMENT_COUNTS),
    ...partsOf({ updatedReplicas, readyReplicas, availableReplicas }, status.replicas),
    ...notAboveReady(next.status),
    ...notDecremented(next.status, current.status),
  ];
}

const REPLICA_SET_COUNTS = [
  "replicas",
  "fullyLabeledReplicas",
  "readyReplicas",
  "availableReplicas",
  "observedGeneration",
  "terminatingReplicas",
] as const;

/** Errors of what a ReplicaSet's controller says of it. */
export function validateReplicaSetStatus({ status = { replicas: 0 } }: ReplicaSet): FieldError[] {
  const { fullyLabeledReplicas, readyReplicas, availableReplicas, replicas } = status;
  return [
    ...nonNegativeFields(status, "status", REPLICA_SET_COUNTS),
    ...partsOf({ fullyLabeledReplicas, readyReplicas, availableReplicas }, replicas),
    ...notAboveReady(status),
  ];
}
