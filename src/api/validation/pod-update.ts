import { type FieldError, forbidden, invalid, invalidAll, required } from "../field-error.ts";
import { heldDifference } from "../held/held-difference.ts";
import { inRange } from "../names.ts";
import type { Container, Pod, PodSpec } from "../object.ts";
import { SCHEMA } from "../schema.ts";
import { each } from "./common.ts";
import { validateImage } from "./container.ts";
import { validatePodAnnotationsUpdate } from "./pod-annotations.ts";
import { validateNarrowing, withPlaceOf } from "./pod-gated.ts";
import { validateTolerationsUpdate } from "./scheduling.ts";

const POD_SPEC = SCHEMA.object("io.k8s.api.core.v1.PodSpec");
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
  const errors = validatePodAnnotationsUpdate(next, current, "metadata.annotations");
  for (const list of ["containers", "initContainers"] as const) {
    const path = `spec.${list}`;
    if ((now[list] ?? []).length !== (before[list] ?? []).length) {
      return [...errors, forbidden(path, "pod updates may not add or remove containers")];
    }
    errors.push(...each(now[list], path, validateNewImage));
  }
  const late = validateDeadline(now, before);
  errors.push(...late);
  if (late.length > 0 && now.activeDeadlineSeconds !== undefined) return errors;
  errors.push(
    ...validateTolerationsUpdate(
      now.tolerations ?? [],
      before.tolerations ?? [],
      "spec.tolerations",
    ),
    ...validateGates(now, before),
  );
  return Bun.deepEquals(now, before) ? errors : [...errors, ...validateRest(now, before)];
}

/** What is not looked at by itself does not change, but that a gated pod may narrow where it goes. */
function validateRest(next: PodSpec, current: PodSpec): FieldError[] {
  const isGated = (current.schedulingGates ?? []).length > 0;
  const errors = isGated ? validateNarrowing(next, current) : [];
  const fixed = withoutUpdatable(next, current);
  const rest = isGated ? withPlaceOf(fixed, current) : fixed;
  const changed = heldDifference(POD_SPEC, { current, next: rest });
  if (changed === "") return errors;
  const detail = `pod updates may not change fields other than ${UPDATABLE}\n${changed}`;
  return [...errors, forbidden("spec", detail)];
}

/** What Kubernetes has said of an image already it says again of one that may be new. */
function validateNewImage(container: Container, path: string): FieldError[] {
  return container.image ? validateImage(container, path) : [required(`${path}.image`)];
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
