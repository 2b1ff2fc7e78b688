import { type FieldError, forbidden } from "../field-error.ts";
import { validateAnnotations, validateLabels } from "../metadata.ts";
import type { Pod, PodTemplateSpec } from "../object.ts";
import { each } from "./common.ts";
import { validateImage } from "./container.ts";
import {
  validateAppArmorMatch,
  validatePodAnnotations,
  validateSeccompMatch,
} from "./pod-annotations.ts";
import { validatePodSpec } from "./pod-spec.ts";
import { validateNoClaimOfMirror } from "./resource-claims.ts";
import { validateOwnClaims } from "./volume.ts";

/** Errors of a pod after defaulting. */
export function validatePod(pod: Pod): FieldError[] {
  const { metadata, spec = { containers: [] } } = pod;
  const errors = [
    ...validatePodAnnotations(pod, "metadata.annotations"),
    ...validateNoClaimOfMirror(pod),
    ...validatePodSpec(spec, "spec", "pod"),
  ];
  errors.push(...validateOwnClaims(spec.volumes, "spec.volumes", { name: metadata?.name ?? "" }));
  errors.push(...each(spec.containers, "spec.containers", validateImage));
  errors.push(...each(spec.initContainers, "spec.initContainers", validateImage));
  return errors;
}

/** Errors of a new pod alone. */
export function validatePodCreate(pod: Pod): FieldError[] {
  const { spec = { containers: [] } } = pod;
  const errors: FieldError[] = [];
  if (spec.ephemeralContainers?.length) {
    errors.push(forbidden("spec.ephemeralContainers", "cannot be set on create"));
  }
  if (spec.nodeName && spec.schedulingGates?.length) {
    const detail = "cannot be set until all schedulingGates have been cleared";
    errors.push(forbidden("spec.nodeName", detail));
  }
  return [...errors, ...validateSeccompMatch(pod, "spec"), ...validateAppArmorMatch(pod, "spec")];
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
    ...validatePodAnnotations(template ?? {}, `${path}.annotations`),
    ...validatePodSpec(spec, `${path}.spec`, "template"),
    ...validateSeccompMatch(template ?? {}, `${path}.spec`),
    ...validateAppArmorMatch(template ?? {}, `${path}.spec`),
  ];
  if (spec.ephemeralContainers?.length) {
    const detail = "ephemeral containers not allowed in pod template";
    errors.push(forbidden(`${path}.spec.ephemeralContainers`, detail));
  }
  return errors;
}
