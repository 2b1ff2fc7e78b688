import { differences } from "../difference.ts";
import { type FieldError, forbidden, invalid, invalidAll } from "../field-error.ts";
import { validateAnnotations, validateLabels } from "../metadata.ts";
import { inRange } from "../names.ts";
import type { Container, Pod, PodSpec, PodTemplateSpec } from "../object.ts";
import { qosClass } from "../pod.ts";
import { each } from "./common.ts";
import { validateImage } from "./container.ts";
import { validatePodSpec } from "./pod-spec.ts";
import { validateTolerationsUpdate } from "./scheduling.ts";
import { validateOwnClaims } from "./volume.ts";

const MAX_INT32 = 2_147_483_647;

const UPDATABLE = [
  "`spec.containers[*].image`",
  "`spec.initContainers[*].image`",
  "`spec.activeDeadlineSeconds`",
  "`spec.tolerations` (only additions to existing tolerations)",
  "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)",
].join(",");

/** Errors of a pod after defaulting. */
export function validatePod({ metadata, spec = { containers: [] } }: Pod): FieldError[] {
  const errors = validatePodSpec(spec, "spec", "pod");
  errors.push(...validateOwnClaims(spec.volumes, "spec.volumes", { name: metadata?.name ?? "" }));
  errors.push(...each(spec.containers, "spec.containers", validateImage));
  errors.push(...each(spec.initContainers, "spec.initContainers", validateImage));
  return errors;
}

/** Errors of a new pod alone. */
export function validatePodCreate({ spec = { containers: [] } }: Pod): FieldError[] {
  const errors: FieldError[] = [];
  if (spec.ephemeralContainers?.length) {
    errors.push(forbidden("spec.ephemeralContainers", "cannot be set on create"));
  }
  if (spec.nodeName && spec.schedulingGates?.length) {
    const detail = "cannot be set until all schedulingGates have been cleared";
    errors.push(forbidden("spec.nodeName", detail));
  }
  return errors;
}

/** Errors of the pods that a workload would make. */
export function validateTemplate(
  template: PodTemplateSpec | undefined,
  path: string,
): FieldError[] {
  const { metadata, spec = { containers: [] } } = template ?? {};
  const errors = [
    ...validateLabels(metadata?.labels, `${path}.labels`),
    ...validateAnnotations(metadata?.annotations, `${path}.annotations`),
    ...validatePodSpec(spec, `${path}.spec`, "template"),
  ];
  if (spec.ephemeralContainers?.length) {
    const detail = "ephemeral containers not allowed in pod template";
    errors.push(forbidden(`${path}.spec.ephemeralContainers`, detail));
  }
  return errors;
}

/** Errors of a change: little of a pod's spec may change once it is made. */
export function validatePodUpdate(next: Pod, current: Pod): FieldError[] {
  const [now, before] = [next.spec ?? { containers: [] }, current.spec ?? { containers: [] }];
  if (Bun.deepEquals(now, before)) return [];
  for (const list of ["containers", "initContainers"] as const) {
    if ((now[list] ?? []).length !== (before[list] ?? []).length) {
      const detail = "pod updates may not add or remove containers";
      return [forbidden(`spec.${list}`, detail)];
    }
  }
  const errors = [
    ...validateDeadline(now, before),
    ...validateTolerationsUpdate(
      now.tolerations ?? [],
      before.tolerations ?? [],
      "spec.tolerations",
    ),
    ...validateGates(now, before),
  ];
  if (qosClass(next) !== (current.status?.qosClass ?? qosClass(current))) {
    const value = next.status?.qosClass ?? "";
    errors.push(invalid("metadata", { value, detail: "Pod QoS is immutable" }));
  }
  const changed = differences({ current: before, next: withoutUpdatable(now, before) });
  if (changed.length === 0) return errors;
  const detail = `pod updates may not change fields other than ${UPDATABLE}\n${changed.join("\n")}`;
  return [...errors, forbidden("spec", detail)];
}

function validateDeadline(next: PodSpec, current: PodSpec): FieldError[] {
  const path = "spec.activeDeadlineSeconds";
  const [value, before] = [next.activeDeadlineSeconds, current.activeDeadlineSeconds];
  if (value === undefined) {
    if (before === undefined) return [];
    const detail = "must not update from a positive integer to nil value";
    return [invalid(path, { value: null, detail })];
  }
  const details = inRange(value, { low: 0, high: MAX_INT32 });
  if (details.length > 0) return invalidAll(path, { value, details });
  if (before === undefined || value <= before) return [];
  return [invalid(path, { value, detail: "must be less than or equal to previous value" })];
}

function validateGates(next: PodSpec, current: PodSpec): FieldError[] {
  const known = new Set(current.schedulingGates?.map(({ name }) => name));
  return each(next.schedulingGates, "spec.schedulingGates", ({ name }, at) => {
    const detail = `only deletion is allowed, but found new scheduling gate '${name}'`;
    return known.has(name) ? [] : [forbidden(`${at}.name`, detail)];
  });
}

/** The new spec with everything that may change set back. */
function withoutUpdatable(next: PodSpec, current: PodSpec): PodSpec {
  const spec: PodSpec = {
    ...next,
    containers: withImagesOf(next.containers, current.containers),
  };
  const { initContainers } = next;
  if (initContainers) {
    spec.initContainers = withImagesOf(initContainers, current.initContainers ?? []);
  }
  restore(spec, { current, fields: ["activeDeadlineSeconds", "tolerations", "schedulingGates"] });
  const wasNegative = (current.terminationGracePeriodSeconds ?? 0) < 0;
  if (wasNegative && next.terminationGracePeriodSeconds === 1) {
    restore(spec, { current, fields: ["terminationGracePeriodSeconds"] });
  }
  // a gated pod is not placed yet: where it may go can still be narrowed
  if (current.schedulingGates?.length && narrows(next, current)) {
    restore(spec, { current, fields: ["nodeSelector"] });
  }
  return spec;
}

function withImagesOf(next: readonly Container[], current: readonly Container[]): Container[] {
  return next.map((container, index) => {
    const image = current[index]?.image;
    return image === undefined ? container : { ...container, image };
  });
}

type Restorable =
  | "activeDeadlineSeconds"
  | "tolerations"
  | "schedulingGates"
  | "terminationGracePeriodSeconds"
  | "nodeSelector";

function restore(
  spec: PodSpec,
  { current, fields }: { current: PodSpec; fields: readonly Restorable[] },
): void {
  for (const field of fields) {
    delete spec[field];
    if (current[field] !== undefined) Object.assign(spec, { [field]: current[field] });
  }
}

function narrows(next: PodSpec, current: PodSpec): boolean {
  const selector = next.nodeSelector ?? {};
  return Object.entries(current.nodeSelector ?? {}).every(
    ([key, value]) => selector[key] === value,
  );
}
