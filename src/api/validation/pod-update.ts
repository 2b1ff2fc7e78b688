import { differences } from "../difference.ts";
import { type FieldError, forbidden, invalid, invalidAll } from "../field-error.ts";
import { inRange } from "../names.ts";
import type { Container, Pod, PodSpec } from "../object.ts";
import { each } from "./common.ts";
import { validateNarrowing, withPlaceOf } from "./pod-gated.ts";
import { validateTolerationsUpdate } from "./scheduling.ts";

const MAX_INT32 = 2_147_483_647;

const UPDATABLE = [
  "`spec.containers[*].image`",
  "`spec.initContainers[*].image`",
  "`spec.activeDeadlineSeconds`",
  "`spec.tolerations` (only additions to existing tolerations)",
  "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)",
].join(",");

/** Errors of a change: little of a pod's spec may change once it is made. */
export function validatePodUpdate(next: Pod, current: Pod): FieldError[] {
  const [now, before] = [next.spec ?? { containers: [] }, current.spec ?? { containers: [] }];
  if (Bun.deepEquals(now, before)) return [];
  const resized = validateLengths(now, before);
  if (resized.length > 0) return resized;
  const late = validateDeadline(now, before);
  if (late.length > 0 && now.activeDeadlineSeconds !== undefined) return late;
  const isGated = (before.schedulingGates ?? []).length > 0;
  const errors = [
    ...late,
    ...validateTolerationsUpdate(
      now.tolerations ?? [],
      before.tolerations ?? [],
      "spec.tolerations",
    ),
    ...validateGates(now, before),
    ...(isGated ? validateNarrowing(now, before) : []),
  ];
  const fixed = withoutUpdatable(now, before);
  const rest = isGated ? withPlaceOf(fixed, before) : fixed;
  const changed = differences({ current: before, next: rest });
  if (changed.length === 0) return errors;
  const detail = `pod updates may not change fields other than ${UPDATABLE}\n${changed.join("\n")}`;
  return [...errors, forbidden("spec", detail)];
}

/** The first list of containers that has another length. */
function validateLengths(next: PodSpec, current: PodSpec): FieldError[] {
  const list = (["containers", "initContainers"] as const).find(
    (name) => (next[name] ?? []).length !== (current[name] ?? []).length,
  );
  if (list === undefined) return [];
  return [forbidden(`spec.${list}`, "pod updates may not add or remove containers")];
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
  | "terminationGracePeriodSeconds";

function restore(
  spec: PodSpec,
  { current, fields }: { current: PodSpec; fields: readonly Restorable[] },
): void {
  for (const field of fields) {
    delete spec[field];
    if (current[field] !== undefined) Object.assign(spec, { [field]: current[field] });
  }
}
