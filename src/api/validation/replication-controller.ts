import { type FieldError, invalid, required } from "../field-error.ts";
import type { PodTemplate, ReplicationController } from "../object.ts";
import { nonNegativeFields } from "./common.ts";
import { validateTemplate } from "./pod.ts";
import { validateEndless } from "./selected-template.ts";
import { validateReplicaSetStatus } from "./workload.ts";

/** Errors of a ReplicationController after defaulting: its selector is a plain map. */
export function validateReplicationController({ spec }: ReplicationController): FieldError[] {
  const selector = spec?.selector ?? {};
  const errors = nonNegativeFields(spec, "spec", ["minReadySeconds"]);
  if (Object.keys(selector).length === 0) errors.push(required("spec.selector"));
  errors.push(...nonNegativeFields(spec, "spec", ["replicas"]));
  const template = spec?.template;
  if (template === undefined) return [...errors, required("spec.template")];
  const labels = template.metadata?.labels ?? {};
  if (Object.entries(selector).some(([key, value]) => labels[key] !== value)) {
    const detail = "`selector` does not match template `labels`";
    const rule = { value: template.metadata?.labels ?? null, detail };
    errors.push(invalid("spec.template.metadata.labels", rule));
  }
  return [
    ...errors,
    ...validateTemplate(template, "spec.template"),
    ...validateEndless(template, { path: "spec.template", kind: "ReplicationController" }),
  ];
}

/** Errors of what its controller says of it, which is what one says of a ReplicaSet. */
export function validateReplicationControllerStatus({
  status,
}: ReplicationController): FieldError[] {
  return status ? validateReplicaSetStatus({ status }) : [];
}

export function validatePodTemplate({ template }: PodTemplate): FieldError[] {
  return validateTemplate(template, "template");
}
