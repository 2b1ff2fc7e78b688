import { type FieldError, forbidden, invalid, notSupported } from "../field-error.ts";
import { held } from "../held/held-json.ts";
import { validateAnnotations, validateLabels } from "../metadata.ts";
import { dns1123Label } from "../names.ts";
import type { PodTemplateSpec, StatefulSet, Volume } from "../object.ts";
import { each, formatted, nonNegativeFields } from "./common.ts";
import { notMoreThanAll, numberOf, validateIntOrPercent } from "./int-or-percent.ts";
import { validateTemplate } from "./pod.ts";
import {
  nothingGiven,
  validateEndless,
  validateMatch,
  validateReadable,
  validateRequiredSelector,
} from "./selected-template.ts";
import { notAboveReady, notDecremented, partsOf } from "./status-counts.ts";
import { validateClaimTemplate } from "./volume-claim.ts";

type Spec = NonNullable<StatefulSet["spec"]>;
type RollingUpdate = NonNullable<NonNullable<Spec["updateStrategy"]>["rollingUpdate"]>;

const STRATEGY_ERROR = "must be 'RollingUpdate' or 'OnDelete'";

/** Errors of a StatefulSet after defaulting. */
export function validateStatefulSet({ spec }: StatefulSet): FieldError[] {
  if (spec === undefined) return nothingGiven();
  const { selector, template, ordinals, podManagementPolicy: policy } = spec;
  const errors: FieldError[] = [];
  if (policy !== "OrderedReady" && policy !== "Parallel") {
    const detail = "must be 'OrderedReady' or 'Parallel'";
    errors.push(invalid("spec.podManagementPolicy", { value: policy ?? "", detail }));
  }
  return [
    ...errors,
    ...validateStrategy(spec.updateStrategy ?? {}, "spec.updateStrategy"),
    ...validateRetention(spec, "spec.persistentVolumeClaimRetentionPolicy"),
    ...nonNegativeFields(spec, "spec", ["replicas", "minReadySeconds"]),
    ...nonNegativeFields(ordinals, "spec.ordinals", ["start"]),
    ...validateRequiredSelector(selector, { path: "spec.selector", kind: "statefulset" }),
    ...validateReadable(selector, { path: "spec.selector", detail: "" }),
    ...validateMatch({ selector, template }, "spec.template"),
    ...validateLabels(template.metadata?.labels, "spec.template.labels"),
    ...validateAnnotations(template.metadata?.annotations, "spec.template.annotations"),
    ...validateEndless(template, { path: "spec.template", kind: "StatefulSet" }),
  ];
}

function validateStrategy(
  strategy: NonNullable<Spec["updateStrategy"]>,
  path: string,
): FieldError[] {
  const { type, rollingUpdate } = strategy;
  const at = `${path}.rollingUpdate`;
  if (type === "OnDelete") {
    const detail = "only allowed for updateStrategy 'RollingUpdate'";
    const value = held("io.k8s.api.apps.v1.RollingUpdateStatefulSetStrategy", rollingUpdate);
    return rollingUpdate ? [invalid(at, { value, detail })] : [];
  }
  if (type === "RollingUpdate")
    return rollingUpdate ? validateRollingUpdate(rollingUpdate, at) : [];
  const value = held("io.k8s.api.apps.v1.StatefulSetUpdateStrategy", strategy);
  return [invalid(path, { value, detail: STRATEGY_ERROR })];
}

function validateRollingUpdate(update: RollingUpdate, path: string): FieldError[] {
  const errors = nonNegativeFields(update, path, ["partition"]);
  const { maxUnavailable: value } = update;
  if (value === undefined) return errors;
  const at = `${path}.maxUnavailable`;
  errors.push(...validateIntOrPercent(value, at));
  if (numberOf(value) === 0) errors.push(invalid(at, { value, detail: "cannot be 0" }));
  return [...errors, ...notMoreThanAll(value, at)];
}

function validateRetention(spec: Spec, path: string): FieldError[] {
  const { whenDeleted, whenScaled } = spec.persistentVolumeClaimRetentionPolicy ?? {};
  const supported = ["Retain", "Delete"];
  return Object.entries({ whenDeleted, whenScaled }).flatMap(([field, value = ""]) =>
    supported.includes(value) ? [] : [notSupported(`${path}.${field}`, { value, supported })],
  );
}

/** Errors of a new StatefulSet alone: its pods must be able to be made, and to have names. */
export function validateStatefulSetCreate({ metadata, spec }: StatefulSet): FieldError[] {
  const errors: FieldError[] = [];
  const name = metadata?.name ?? "";
  for (const detail of name === "" ? [] : dns1123Label(name)) {
    errors.push(invalid("metadata.name", { value: name, detail }));
  }
  if (spec === undefined) return errors;
  return [
    ...errors,
    ...formatted("spec.serviceName", { value: spec.serviceName, as: "label" }),
    ...validatePods(spec),
    ...each(spec.volumeClaimTemplates, "spec.volumeClaimTemplates", validateClaimTemplate),
  ];
}

/** The template, with the claims among its volumes. */
function validatePods({ template, volumeClaimTemplates = [] }: Spec): FieldError[] {
  const names = new Set(volumeClaimTemplates.map(({ metadata }) => metadata?.name ?? ""));
  const claims = [...names].map(
    (name): Volume => ({ name, persistentVolumeClaim: { claimName: name } }),
  );
  const others = (template.spec?.volumes ?? []).filter(({ name }) => !names.has(name));
  const whole: PodTemplateSpec = {
    ...template,
    spec: { containers: [], ...template.spec, volumes: [...others, ...claims] },
  };
  const said = new Set(["spec.template.labels", "spec.template.annotations"]);
  return validateTemplate(whole, "spec.template").filter(({ field }) => !said.has(field));
}

const UPDATABLE = [
  "replicas",
  "ordinals",
  "template",
  "updateStrategy",
  "revisionHistoryLimit",
  "persistentVolumeClaimRetentionPolicy",
  "minReadySeconds",
] as const;

/** Errors of a change. A template that was wrong already may stay so. */
export function validateStatefulSetUpdate(next: StatefulSet, current: StatefulSet): FieldError[] {
  const [now, before] = [next.spec, current.spec];
  if (now === undefined || before === undefined) return [];
  const errors = validatePods(before).length === 0 ? validatePods(now) : [];
  if (Bun.deepEquals(fixed(now), fixed(before))) return errors;
  const names = UPDATABLE.map((field) => `'${field}'`);
  const list = `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
  const detail = `updates to statefulset spec for fields other than ${list} are forbidden`;
  return [...errors, forbidden("spec", detail)];
}

function fixed(spec: Spec): object {
  return { ...spec, ...Object.fromEntries(UPDATABLE.map((field) => [field, undefined])) };
}

const COUNTS = [
  "replicas",
  "readyReplicas",
  "currentReplicas",
  "updatedReplicas",
  "availableReplicas",
  "observedGeneration",
  "collisionCount",
] as const;

/** Errors of what a StatefulSet's controller says of it. */
export function validateStatefulSetStatus(next: StatefulSet, current: StatefulSet): FieldError[] {
  const { replicas, readyReplicas, currentReplicas, updatedReplicas, availableReplicas } =
    next.status ?? {};
  return [
    ...nonNegativeFields(next.status, "status", COUNTS),
    ...partsOf({ readyReplicas, currentReplicas, updatedReplicas, availableReplicas }, replicas),
    ...notAboveReady(next.status, "status.readyReplicas"),
    ...notDecremented(next.status, current.status),
  ];
}
