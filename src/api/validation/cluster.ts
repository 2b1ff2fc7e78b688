import { type FieldError, forbidden, invalid, invalidAll, required } from "../field-error.ts";
import { validateFinalizer, validateLabelKey } from "../metadata.ts";
import { labelValue, qualifiedName } from "../names.ts";
import type { Event, Lease, Namespace, Node } from "../object.ts";
import { each, oneOf, validateCidr } from "./common.ts";
import { validateAmount } from "./resources.ts";
import { TAINT_EFFECTS } from "./scheduling.ts";

type Taint = NonNullable<NonNullable<Node["spec"]>["taints"]>[number];

const EVENT_WORD_MAX_LENGTH = 128;
const EVENT_NOTE_MAX_LENGTH = 1024;

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

/** Errors of an Event. Those with an eventTime are of the new style and must say more. */
export function validateEvent(event: Event): FieldError[] {
  const namespace = event.metadata?.namespace ?? "";
  const about = event.involvedObject?.namespace ?? "";
  const errors: FieldError[] = [];
  // events of cluster-scoped objects live in `default`; the new style allows kube-system too
  const elsewhere = event.eventTime ? ["", "default", "kube-system"] : ["", "default"];
  if (about === "" ? !elsewhere.includes(namespace) : namespace !== about) {
    const rule = { value: about, detail: "does not match event.namespace" };
    errors.push(invalid("involvedObject.namespace", rule));
  }
  return event.eventTime ? [...errors, ...validateNewStyle(event)] : errors;
}

function validateNewStyle(event: Event): FieldError[] {
  const { reportingComponent = "", message = "" } = event;
  const errors: FieldError[] = [];
  if (reportingComponent === "") errors.push(required("reportingComponent"));
  else {
    const details = qualifiedName(reportingComponent);
    errors.push(...invalidAll("reportingComponent", { value: reportingComponent, details }));
  }
  for (const field of ["reportingInstance", "action", "reason"] as const) {
    const value = event[field] ?? "";
    if (value === "") errors.push(required(field));
    if (value.length > EVENT_WORD_MAX_LENGTH) {
      const detail = `can have at most ${EVENT_WORD_MAX_LENGTH} characters`;
      errors.push(invalid(field, { value: "", detail }));
    }
  }
  if (message.length > EVENT_NOTE_MAX_LENGTH) {
    const detail = `can have at most ${EVENT_NOTE_MAX_LENGTH} characters`;
    errors.push(invalid("message", { value: "", detail }));
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
