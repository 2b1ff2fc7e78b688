import {
  type FieldError,
  forbidden,
  immutable,
  invalid,
  invalidAll,
  notSupported,
  required,
} from "../field-error.ts";
import { heldDifference } from "../held/held-difference.ts";
import { validateAnnotations, validateLabels } from "../metadata.ts";
import { qualifiedName } from "../names.ts";
import type { ObjectMeta, PersistentVolumeClaim } from "../object.ts";
import { Quantity } from "../quantity.ts";
import { isNative } from "../resource-name.ts";
import { SCHEMA } from "../schema.ts";
import { formatted, validateLabelSelector } from "./common.ts";
import { validateAmount, validatePositiveAmount } from "./resources.ts";
import { VOLUME_MODES, validateAccessModes } from "./volume-modes.ts";

type Spec = NonNullable<PersistentVolumeClaim["spec"]>;
type Source = NonNullable<Spec["dataSourceRef"]>;

const CLAIM_SPEC = SCHEMA.object("io.k8s.api.core.v1.PersistentVolumeClaimSpec");
const CLASS_ANNOTATION = "volume.beta.kubernetes.io/storage-class";

/** Errors of a claim after defaulting; an API group that was let in once stays. */
export function validateClaim(
  { spec = {} }: PersistentVolumeClaim,
  current?: PersistentVolumeClaim,
): FieldError[] {
  const { dataSource, dataSourceRef } = current?.spec ?? {};
  const anyGroup = [dataSource, dataSourceRef].some((source) => source?.apiGroup !== undefined);
  return validateClaimSpec(spec, "spec", { anyGroup });
}

/** Errors of a claim that a StatefulSet will make. */
export function validateClaimTemplate(
  { spec = {} }: PersistentVolumeClaim,
  path: string,
): FieldError[] {
  return validateClaimSpec(spec, `${path}.spec`);
}

/** Errors of a claim that a pod brings along: it has labels and annotations and no name. */
export function validateEphemeralClaim(
  { metadata = {}, spec }: { metadata?: ObjectMeta; spec: Spec },
  path: string,
): FieldError[] {
  const { annotations, labels, ...others } = metadata;
  return [
    ...validateAnnotations(annotations, `${path}.metadata.annotations`),
    ...validateLabels(labels, `${path}.metadata.labels`),
    ...Object.keys(others).map((field) => forbidden(`${path}.metadata.${field}`, "cannot be set")),
    ...validateClaimSpec(spec, `${path}.spec`),
  ];
}

interface Leniency {
  /** True where the API group of what the data comes from may be anything. */
  readonly anyGroup: boolean;
}

function validateClaimSpec(
  spec: Spec,
  path: string,
  leniency: Leniency = { anyGroup: false },
): FieldError[] {
  const { accessModes = [], selector, storageClassName, volumeMode } = spec;
  const errors =
    accessModes.length === 0
      ? [required(`${path}.accessModes`, "at least 1 access mode is required")]
      : [];
  errors.push(...validateLabelSelector(selector, `${path}.selector`));
  errors.push(...validateAccessModes(accessModes, `${path}.accessModes`));
  errors.push(...validateStorage(spec.resources?.requests?.["storage"], `${path}.resources`));
  errors.push(
    ...formatted(`${path}.storageClassName`, { value: storageClassName, as: "subdomain" }),
  );
  if (volumeMode !== undefined && !VOLUME_MODES.includes(volumeMode)) {
    const rule = { value: volumeMode, supported: VOLUME_MODES };
    errors.push(notSupported(`${path}.volumeMode`, rule));
  }
  const { volumeAttributesClassName: value } = spec;
  return [
    ...errors,
    ...validateSources(spec, path, leniency),
    ...formatted(`${path}.volumeAttributesClassName`, { value, as: "subdomain" }),
  ];
}

function validateStorage(amount: string | undefined, path: string): FieldError[] {
  const at = `${path}[storage]`;
  if (amount === undefined) return [required(at)];
  const errors = validatePositiveAmount(at, amount);
  return errors.length > 0 ? errors : validateAmount(at, { name: "storage", amount });
}

/** Where the data comes from: two fields that must say the same, or the new one alone. */
function validateSources(
  { dataSource, dataSourceRef }: Spec,
  path: string,
  leniency: Leniency,
): FieldError[] {
  const errors: FieldError[] = [];
  if (dataSource) errors.push(...validateSource(dataSource, `${path}.dataSource`, leniency));
  if (dataSourceRef) {
    errors.push(...validateSource(dataSourceRef, `${path}.dataSourceRef`, leniency));
  }
  if (dataSource === undefined || dataSourceRef === undefined) return errors;
  // Kubernetes prints the path that it means, which shows nothing of itself
  const value = {};
  if (dataSourceRef.namespace) {
    const detail = "may not be specified when dataSourceRef.namespace is specified";
    return [...errors, invalid(path, { value, detail })];
  }
  const { namespace: _, ...reference } = dataSourceRef;
  if (Bun.deepEquals(reference, dataSource)) return errors;
  return [...errors, invalid(path, { value, detail: "must match dataSourceRef" })];
}

function validateSource(
  { name, kind, apiGroup, namespace }: Source,
  path: string,
  { anyGroup }: Leniency,
): FieldError[] {
  const errors: FieldError[] = name ? [] : [required(`${path}.name`)];
  if (!kind) errors.push(required(`${path}.kind`));
  if (!apiGroup && kind !== "PersistentVolumeClaim") {
    const detail = "must be 'PersistentVolumeClaim' when referencing the default apiGroup";
    errors.push(invalid(path, { value: kind, detail }));
  }
  return [
    ...errors,
    ...(anyGroup ? [] : formatted(`${path}.apiGroup`, { value: apiGroup, as: "subdomain" })),
    ...formatted(`${path}.namespace`, { value: namespace, as: "label" }),
  ];
}

/** Errors of a change: a claim is a promise; a bound one may ask for more. */
export function validateClaimUpdate(
  next: PersistentVolumeClaim,
  current: PersistentVolumeClaim,
): FieldError[] {
  const [now, before] = [next.spec ?? {}, current.spec ?? {}];
  const errors = upgradesClass(next, current) ? [] : validateClassAnnotation(next, current);
  // A claim gets its volume once.
  const named = before.volumeName ? before : { ...before, volumeName: now.volumeName };
  const changed = heldDifference(CLAIM_SPEC, { current: named, next: settled(next, current) });
  if (changed !== "") {
    const detail = `spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n${changed}`;
    errors.push(forbidden("spec", detail));
  }
  const size = sizeOf(now.resources?.requests);
  const isLess = size.compare(sizeOf(before.resources?.requests)) < 0;
  if (isLess && size.compare(sizeOf(current.status?.capacity)) <= 0) {
    const detail = "field can not be less than status.capacity";
    errors.push(forbidden("spec.resources.requests.storage", detail));
  }
  return [
    ...errors,
    ...immutable("volumeMode", { next: now.volumeMode, current: before.volumeMode }),
    ...validateAttributesClass(now.volumeAttributesClassName, before.volumeAttributesClassName),
  ];
}

const sizeOf = (amounts: Readonly<Record<string, string>> | undefined) =>
  Quantity.tryParse(amounts?.["storage"] ?? "0") ?? Quantity.zero;

const classAnnotation = ({ metadata }: PersistentVolumeClaim) =>
  metadata?.annotations?.[CLASS_ANNOTATION];

/** A class that was said in the annotation may come to be said in the field. */
function upgradesClass(next: PersistentVolumeClaim, current: PersistentVolumeClaim): boolean {
  const before = classAnnotation(current);
  if (before === undefined || current.spec?.storageClassName !== undefined) return false;
  if (next.spec?.storageClassName !== before) return false;
  return (classAnnotation(next) ?? before) === before;
}

function validateClassAnnotation(
  next: PersistentVolumeClaim,
  current: PersistentVolumeClaim,
): FieldError[] {
  const path = `metadata.annotations.${CLASS_ANNOTATION}`;
  return immutable(path, {
    next: classAnnotation(next) ?? "",
    current: classAnnotation(current) ?? "",
  });
}

/** The new spec with what may change set back. */
function settled(next: PersistentVolumeClaim, current: PersistentVolumeClaim): Spec {
  const before = current.spec ?? {};
  const spec: Spec = { ...next.spec };
  const restore = (field: keyof Spec) => {
    delete spec[field];
    if (before[field] !== undefined) Object.assign(spec, { [field]: before[field] });
  };
  const annotated = classAnnotation(current);
  const named = spec.storageClassName;
  if (before.storageClassName === undefined && named !== undefined) {
    if (annotated === undefined || named === annotated) restore("storageClassName");
  }
  restore("volumeAttributesClassName");
  if (next.status?.phase !== "Bound") return spec;
  const storage = before.resources?.requests?.["storage"];
  if (spec.resources?.requests && storage !== undefined) {
    spec.resources = { ...spec.resources, requests: { ...spec.resources.requests, storage } };
  }
  return spec;
}

function validateAttributesClass(
  next: string | undefined,
  current: string | undefined,
): FieldError[] {
  if (next === current || current === undefined) return [];
  const to = next === undefined ? "nil" : "an empty string";
  if (next) return [];
  const detail = `update from non-nil value to ${to} is forbidden`;
  return [forbidden("spec.volumeAttributesClassName", detail)];
}

const RESIZE_STATUSES = [
  "ControllerResizeInProgress",
  "ControllerResizeInfeasible",
  "NodeResizeInProgress",
  "NodeResizeInfeasible",
  "NodeResizePending",
] as const;

/** Errors of what is said about a claim. */
export function validateClaimStatus({ spec, status }: PersistentVolumeClaim): FieldError[] {
  const errors = spec?.accessModes?.length ? [] : [required("Spec.accessModes")];
  for (const [name, amount] of Object.entries(status?.capacity ?? {})) {
    errors.push(...validateAmount(`status.capacity[${name}]`, { name, amount }));
  }
  const supported: readonly string[] = RESIZE_STATUSES;
  const statuses = "status.allocatedResourceStatuses";
  for (const [name, resize] of Object.entries(status?.allocatedResourceStatuses ?? {})) {
    errors.push(...validateResourceKey(name, statuses));
    if (supported.includes(resize)) continue;
    errors.push(notSupported(statuses, { value: name, supported }));
  }
  const allocated = "status.allocatedResources";
  for (const [name, amount] of Object.entries(status?.allocatedResources ?? {})) {
    const wrong = validateResourceKey(name, allocated);
    errors.push(
      ...(wrong.length > 0 ? wrong : validateAmount(`${allocated}[${name}]`, { name, amount })),
    );
  }
  return errors;
}

/** What a claim has of a node is storage, or somebody else's resource. */
function validateResourceKey(name: string, path: string): FieldError[] {
  const errors = invalidAll(path, { value: name, details: qualifiedName(name) });
  if (errors.length > 0 || !isNative(name) || name === "storage") return errors;
  return [notSupported(path, { value: name, supported: ["storage"] })];
}
