import { type FieldError, forbidden, invalid } from "../field-error.ts";
import { validateFinalizer, validateLabelKey } from "../metadata.ts";
import { labelValue } from "../names.ts";
import type { Lease, Namespace, Node } from "../object.ts";
import { each, oneOf, validateCidr } from "./common.ts";
import { validateAmount } from "./resources.ts";
import { TAINT_EFFECTS } from "./scheduling.ts";

type Taint = NonNullable<NonNullable<Node["spec"]>["taints"]>[number];

export function validateNamespace({ spec }: Namespace): FieldError[] {
  return (spec?.finalizers ?? []).flatMap((name) => validateFinalizer(name, "spec.finalizers"));
}

/** Errors of a Node; the path of its taints is Kubernetes' own slip. */
export function validateNode({ spec, status }: Node): FieldError[] {
  const errors = validateTaints(spec?.taints, "metadata.taints");
  for (const field of ["capacity", "allocatable"] as const) {
    for (const [name, amount] of Object.entries(status?.[field] ?? {})) {
      errors.push(...validateAmount(`status.${field}.${name}`, { name, amount }));
    }
  }
  return [...errors, ...each(spec?.podCIDRs, "spec.podCIDRs", validateCidr)];
}

function validateTaints(taints: readonly Taint[] | undefined, path: string): FieldError[] {
  const seen = new Set<string>();
  return each(taints, path, (taint, at) => {
    const { key, value = "", effect } = taint;
    const errors = validateLabelKey(key, `${at}.key`);
    const details = labelValue(value);
    if (details.length > 0)
      errors.push(invalid(`${at}.value`, { value, detail: details.join(";") }));
    errors.push(...oneOf(`${at}.effect`, { value: effect, supported: TAINT_EFFECTS }));
    const id = `${key}:${effect}`;
    if (seen.has(id)) {
      const message = `Duplicate value: ${JSON.stringify(taint)}: taints must be unique by key and effect pair`;
      errors.push({ reason: "FieldValueDuplicate", field: at, message });
    }
    seen.add(id);
    return errors;
  });
}

/** Errors of a change: what identifies a Node to others is set once. */
export function validateNodeUpdate(next: Node, current: Node): FieldError[] {
  const errors: FieldError[] = [];
  const [now, before] = [next.spec ?? {}, current.spec ?? {}];
  if (before.podCIDRs?.length && !Bun.deepEquals(now.podCIDRs, before.podCIDRs)) {
    const detail = 'node updates may not change podCIDR except from "" to valid';
    errors.push(forbidden("spec.podCIDRs", detail));
  }
  if (before.providerID && now.providerID !== before.providerID) {
    const detail = 'node updates may not change providerID except from "" to valid';
    errors.push(forbidden("spec.providerID", detail));
  }
  return errors;
}

export function validateLease({ spec }: Lease): FieldError[] {
  const { leaseDurationSeconds: seconds, leaseTransitions: transitions } = spec ?? {};
  const errors: FieldError[] = [];
  if (seconds !== undefined && seconds <= 0) {
    const detail = "must be greater than 0";
    errors.push(invalid("spec.leaseDurationSeconds", { value: seconds, detail }));
  }
  if (transitions !== undefined && transitions < 0) {
    const detail = "must be greater than or equal to 0";
    errors.push(invalid("spec.leaseTransitions", { value: transitions, detail }));
  }
  return errors;
}
