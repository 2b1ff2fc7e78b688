import { duplicate, type FieldError, forbidden, invalid } from "../field-error.ts";
import { readCidr } from "../ip-text.ts";
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
  return [...errors, ...validatePodCidrs(spec?.podCIDRs ?? [], "spec.podCIDRs")];
}

/** Networks of a node's pods: one of each family. */
function validatePodCidrs(cidrs: readonly string[], path: string): FieldError[] {
  const errors = each(cidrs, path, validateCidr);
  if (cidrs.length < 2) return errors;
  const families = cidrs.map((cidr) => readCidr(cidr)?.family);
  const unread = families.indexOf(undefined);
  if (unread >= 0) {
    const cidr = cidrs[unread];
    const why = `invalid PodCIDRs. failed to check with dual stack with error:invalid CIDR[${unread}]: <nil> (invalid CIDR address: ${cidr})`;
    errors.push({ reason: "InternalError", field: path, message: `Internal error: ${why}` });
  }
  if (unread < 0 && cidrs.length === 2 && families[0] !== families[1]) return errors;
  const detail = "may specify no more than one CIDR for each IP family";
  return [...errors, invalid(path, { value: cidrs, detail })];
}

/** Errors of what a node says of itself. */
export function validateNodeStatus({ status }: Node): FieldError[] {
  const addresses = new Set<string>();
  const features = status?.declaredFeatures ?? [];
  return [
    ...each(status?.addresses, "status.addresses", ({ type, address }, at) => {
      // Kubernetes prints the address as it holds it
      const held = { Type: type, Address: address };
      const id = JSON.stringify(held);
      if (addresses.has(id)) return [duplicate(at, held)];
      addresses.add(id);
      return [];
    }),
    ...each(features, "status.declaredFeatures", (value, at) => {
      const before = features[features.indexOf(value) - 1] ?? "";
      const detail = "list must be sorted alphabetically";
      return before > value ? [invalid(at, { value, detail })] : [];
    }),
  ];
}

/** Errors of what is said of a namespace: it is ending exactly when it was deleted. */
export function validateNamespaceStatus({ metadata, status }: Namespace): FieldError[] {
  const value = status?.phase ?? "";
  if (metadata?.deletionTimestamp === undefined) {
    const detail = "may only be 'Active' if `deletionTimestamp` is empty";
    return value === "Active" ? [] : [invalid("status.Phase", { value, detail })];
  }
  const detail = "may only be 'Terminating' if `deletionTimestamp` is not empty";
  return value === "Terminating" ? [] : [invalid("status.Phase", { value, detail })];
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
      // Kubernetes prints the taint as it holds it
      const held = { Key: key, Value: value, Effect: effect, TimeAdded: taint.timeAdded ?? null };
      const message = `Duplicate value: ${JSON.stringify(held)}: taints must be unique by key and effect pair`;
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
