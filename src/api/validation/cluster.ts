import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  nonNegative,
  positive,
} from "../field-error.ts";
import { held } from "../held/held-json.ts";
import { readCidr } from "../ip-text.ts";
import { validateFinalizer } from "../metadata.ts";
import type { Lease, Namespace, Node } from "../object.ts";
import { each, validateCidr } from "./common.ts";
import { validateNodeAnnotations } from "./node-annotations.ts";
import { validateAmount } from "./resources.ts";
import { validateTaints } from "./taints.ts";

export function validateNamespace({ spec }: Namespace): FieldError[] {
  return (spec?.finalizers ?? []).flatMap((name) => validateFinalizer(name, "spec.finalizers"));
}

/** Errors of what keeps a namespace, where it is changed by itself. */
export function validateNamespaceFinalizers({ spec }: Namespace): FieldError[] {
  return each(spec?.finalizers, "spec.finalizers", validateFinalizer);
}

/** Errors of a Node; the paths of its taints and of its swap are Kubernetes' own slips. */
export function validateNode({ metadata, spec, status }: Node): FieldError[] {
  return [
    ...validateNodeAnnotations(metadata?.annotations, "metadata.annotations"),
    ...validateTaints(spec?.taints, "metadata.taints"),
    ...validateSizes(status),
    ...positive("metadata.nodeSwapStatus.capacity", status?.nodeInfo?.swap?.capacity),
    ...validateFeatures(status?.declaredFeatures ?? []),
    ...validatePodCidrs(spec?.podCIDRs ?? [], "spec.podCIDRs"),
  ];
}

/** Errors of what a node has, and of what of it pods may use. */
function validateSizes(status: Node["status"]): FieldError[] {
  return (["capacity", "allocatable"] as const).flatMap((field) =>
    Object.entries(status?.[field] ?? {}).flatMap(([name, amount]) =>
      validateAmount(`status.${field}.${name}`, { name, amount }),
    ),
  );
}

const FEATURE = /^[A-Z][a-zA-Z0-9]*(\/[a-zA-Z][a-zA-Z0-9]*)*$/;
const FEATURE_MAX_BYTES = 253;

/** Errors of what a node says that it can do: each once, in order. */
function validateFeatures(features: readonly string[]): FieldError[] {
  return features.flatMap((value, index) => {
    const at = `status.declaredFeatures[${index}]`;
    const before = features[index - 1];
    const wrong = featureError(value);
    const errors = wrong === undefined ? [] : [invalid(at, { value, detail: wrong })];
    if (before === value) return [duplicate(at, value), ...errors];
    if (before === undefined || before < value) return errors;
    return [invalid(at, { value, detail: "list must be sorted alphabetically" }), ...errors];
  });
}

function featureError(name: string): string | undefined {
  const head = `invalid feature name ${JSON.stringify(name)}`;
  if (Buffer.byteLength(name) > FEATURE_MAX_BYTES) {
    return `${head}: must be no more than ${FEATURE_MAX_BYTES} characters`;
  }
  if (FEATURE.test(name)) return undefined;
  return `${head}: must start with an UpperCamelCase segment, with subsequent segments separated by '/' (e.g., MyFeature or MyFeature/mySubFeature), and contain only alphanumeric characters and slashes`;
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
  errors.push(invalid(path, { value: cidrs, detail }));
  const again = cidrs.flatMap((cidr, index) =>
    cidrs.indexOf(cidr) < index ? [duplicate(`${path}[${index}]`, cidr)] : [],
  );
  return [...errors, ...again];
}

function validateAddresses(status: Node["status"]): FieldError[] {
  const addresses = new Set<string>();
  return each(status?.addresses, "status.addresses", (address, at) => {
    const value = held("io.k8s.api.core.v1.NodeAddress", address);
    if (addresses.has(value.text)) return [duplicate(at, value)];
    addresses.add(value.text);
    return [];
  });
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

/**
 * Errors of a change, of a node and of what it says of itself: what identifies it to others is set
 * once. Kubernetes looks here again at most of what it looks at in a new one.
 */
export function validateNodeUpdate(next: Node, current: Node): FieldError[] {
  const [now, before] = [next.spec ?? {}, current.spec ?? {}];
  const errors = [
    ...validateNodeAnnotations(next.metadata?.annotations, "metadata.annotations"),
    ...validateSizes(next.status),
    ...validateFeatures(next.status?.declaredFeatures ?? []),
    ...validateAddresses(next.status),
    ...validateSameCidrs(now.podCIDRs ?? [], before.podCIDRs ?? []),
  ];
  if (before.providerID && now.providerID !== before.providerID) {
    const detail = 'node updates may not change providerID except from "" to valid';
    errors.push(forbidden("spec.providerID", detail));
  }
  errors.push(...validateTaints(now.taints, "metadata.taints"));
  if ((now.externalID ?? "") === (before.externalID ?? "")) return errors;
  return [...errors, forbidden("spec.externalID", "may not be updated")];
}

/** One error for each network that is another, all of one path. */
function validateSameCidrs(next: readonly string[], current: readonly string[]): FieldError[] {
  if (current.length === 0) return [];
  const detail = 'node updates may not change podCIDR except from "" to valid';
  const error = forbidden("spec.podCIDRs", detail);
  if (next.length !== current.length) return [error];
  return current.flatMap((cidr, index) => (cidr === next[index] ? [] : [error]));
}

export function validateLease({ spec }: Lease): FieldError[] {
  const { leaseDurationSeconds: seconds, leaseTransitions: transitions } = spec ?? {};
  const errors: FieldError[] = [];
  if (seconds !== undefined && seconds <= 0) {
    const detail = "must be greater than 0";
    errors.push(invalid("spec.leaseDurationSeconds", { value: seconds, detail }));
  }
  return [...errors, ...nonNegative("spec.leaseTransitions", transitions)];
}
