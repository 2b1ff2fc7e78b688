import {
  duplicate,
  type FieldError,
  forbidden,
  immutable,
  invalid,
  invalidAll,
  notSupported,
  required,
  tooLong,
} from "../field-error.ts";
import { held } from "../held/held-json.ts";
import { validateLabelKey } from "../metadata.ts";
import { dns1123Subdomain, qualifiedName } from "../names.ts";
import type { StorageClass, VolumeAttachment, VolumeAttributesClass } from "../object.ts";
import { each, formatted } from "./common.ts";
import { validateCsiDriverName } from "./csi.ts";
import { validateInlineVolume } from "./inline-volume.ts";

type Term = NonNullable<StorageClass["allowedTopologies"]>[number];
type Source = VolumeAttachment["spec"]["source"];
type VolumeError = NonNullable<NonNullable<VolumeAttachment["status"]>["attachError"]>;

const MAX_PARAMETERS = 512;
const PARAMETERS_MAX_BYTES = 256 * 1024;
const ATTACHMENT_MAX_BYTES = 256 * 1024;
const ERROR_MAX_BYTES = 1024;
const RECLAIM_POLICIES = ["Delete", "Retain"];
const BINDING_MODES = ["Immediate", "WaitForFirstConsumer"];

/** Errors of a StorageClass after defaulting. */
export function validateStorageClass(given: StorageClass): FieldError[] {
  const { provisioner, parameters, reclaimPolicy: reclaim, volumeBindingMode: mode } = given;
  const errors = [
    ...validateProvisioner(provisioner, "provisioner"),
    ...validateParameters(parameters, "parameters"),
  ];
  if (reclaim && !RECLAIM_POLICIES.includes(reclaim)) {
    errors.push(notSupported("reclaimPolicy", { value: reclaim, supported: RECLAIM_POLICIES }));
  }
  if (mode === undefined) errors.push(required("volumeBindingMode"));
  else if (!BINDING_MODES.includes(mode)) {
    errors.push(notSupported("volumeBindingMode", { value: mode, supported: BINDING_MODES }));
  }
  return [...errors, ...validateTopologies(given.allowedTopologies, "allowedTopologies")];
}

/** Errors of a change: what volumes were made by stays. */
export function validateStorageClassUpdate(
  next: StorageClass,
  current: StorageClass,
): FieldError[] {
  const modes = { next: next.volumeBindingMode, current: current.volumeBindingMode };
  return [
    ...unchanged(next, current, ["parameters", "provisioner", "reclaimPolicy"]),
    ...immutable("volumeBindingMode", modes),
  ];
}

function unchanged<K extends string>(
  next: { readonly [field in K]?: unknown },
  current: { readonly [field in K]?: unknown },
  fields: readonly K[],
): FieldError[] {
  return fields
    .filter((field) => !Bun.deepEquals(next[field], current[field]))
    .map((field) => forbidden(field, `updates to ${field} are forbidden.`));
}

/** Errors of a VolumeAttributesClass. */
export function validateVolumeAttributesClass(given: VolumeAttributesClass): FieldError[] {
  const { driverName, parameters = {} } = given;
  const errors = [
    ...validateProvisioner(driverName, "driverName"),
    ...validateParameters(parameters, "parameters"),
  ];
  if (Object.keys(parameters).length > 0) return errors;
  return [...errors, required("parameters", "must contain at least one key/value pair")];
}

export function validateVolumeAttributesClassUpdate(
  next: VolumeAttributesClass,
  current: VolumeAttributesClass,
): FieldError[] {
  return unchanged(next, current, ["driverName", "parameters"]);
}

function validateProvisioner(value: string, path: string): FieldError[] {
  if (!value) return [required(path)];
  const lower = value.toLowerCase();
  return invalidAll(path, { value: lower, details: qualifiedName(lower) });
}

function validateParameters(
  parameters: Readonly<Record<string, string>> | undefined,
  path: string,
): FieldError[] {
  const entries = Object.entries(parameters ?? {});
  if (entries.length > MAX_PARAMETERS) return [tooLong(path, MAX_PARAMETERS)];
  const errors: FieldError[] = [];
  if (entries.some(([key]) => key === "")) {
    errors.push(invalid(path, { value: "", detail: "field can not be empty." }));
  }
  return sizeOf(entries) > PARAMETERS_MAX_BYTES
    ? [...errors, tooLong(path, PARAMETERS_MAX_BYTES)]
    : errors;
}

const sizeOf = (entries: readonly (readonly [string, string])[]): number =>
  entries.reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value), 0);

function validateTopologies(terms: readonly Term[] | undefined, path: string): FieldError[] {
  const seen: object[] = [];
  return each(terms, path, ({ matchLabelExpressions }, at) => {
    const sets = new Map<string, ReadonlySet<string>>();
    const where = `${at}.matchLabelExpressions`;
    const errors = each(matchLabelExpressions, where, ({ key, values }, place) => {
      const set = new Set<string>();
      const found = values?.length ? [] : [required(`${place}.values`)];
      for (const [index, value] of (values ?? []).entries()) {
        if (set.has(value)) found.push(duplicate(`${place}.values[${index}]`, value));
        set.add(value);
      }
      found.push(...validateLabelKey(key, `${place}.key`));
      if (sets.has(key)) found.push(duplicate(`${place}.key`, key));
      sets.set(key, set);
      return found;
    });
    const same = seen.filter((other) => Bun.deepEquals(other, sets)).length;
    seen.push(sets);
    // Kubernetes also compares with as many empty terms as there are terms
    const count = same + (sets.size === 0 ? (terms?.length ?? 0) : 0);
    return [...errors, ...Array.from({ length: count }, () => duplicate(where, ""))];
  });
}

/** Errors of a VolumeAttachment. */
export function validateVolumeAttachment(given: VolumeAttachment): FieldError[] {
  const { attacher = "", source, nodeName = "" } = given.spec ?? {};
  return [
    ...(attacher === "" ? [required("spec.attacher")] : []),
    ...validateSource(source ?? {}, "spec.source"),
    ...invalidAll("spec.nodeName", { value: nodeName, details: dns1123Subdomain(nodeName) }),
    ...validateVolumeAttachmentStatus(given),
  ];
}

/** Errors of a new VolumeAttachment alone. */
export function validateNewVolumeAttachment({ spec }: VolumeAttachment): FieldError[] {
  const { persistentVolumeName } = spec?.source ?? {};
  return [
    ...validateCsiDriverName(spec?.attacher ?? "", "spec.attacher"),
    ...formatted("spec.source.persistentVolumeName", {
      value: persistentVolumeName,
      as: "subdomain",
    }),
  ];
}

/** Errors of what became of an attachment. */
function validateVolumeAttachmentStatus({ status }: VolumeAttachment): FieldError[] {
  const { attachmentMetadata = {}, attachError, detachError } = status ?? {};
  const path = "status.attachmentMetadata";
  const isLong = sizeOf(Object.entries(attachmentMetadata)) > ATTACHMENT_MAX_BYTES;
  return [
    ...(isLong ? [tooLong(path, ATTACHMENT_MAX_BYTES)] : []),
    ...validateVolumeError(attachError, "status.attachError"),
    ...validateVolumeError(detachError, "status.detachError"),
  ];
}

function validateSource({ inlineVolumeSpec, persistentVolumeName }: Source, path: string) {
  const why = "must specify exactly one of inlineVolumeSpec and persistentVolumeName";
  if (!inlineVolumeSpec && persistentVolumeName === undefined) return [required(path, why)];
  if (inlineVolumeSpec && persistentVolumeName !== undefined) return [forbidden(path, why)];
  if (inlineVolumeSpec) return validateInlineVolume(inlineVolumeSpec, `${path}.inlineVolumeSpec`);
  if (persistentVolumeName !== "") return [];
  return [required(`${path}.persistentVolumeName`, "must specify non empty persistentVolumeName")];
}

function validateVolumeError(error: VolumeError | undefined, path: string): FieldError[] {
  if (error === undefined) return [];
  const { message = "", errorCode } = error;
  const errors =
    Buffer.byteLength(message) > ERROR_MAX_BYTES
      ? [tooLong(`${path}.message`, ATTACHMENT_MAX_BYTES)]
      : [];
  if (errorCode !== undefined && errorCode < 0) {
    const detail = "must be between 0 and 2147483647, inclusive";
    errors.push(invalid(`${path}.errorCode`, { value: errorCode, detail }));
  }
  return errors;
}

/** Errors of a change: what is to be attached where stays. */
export function validateVolumeAttachmentUpdate(
  next: VolumeAttachment,
  current: VolumeAttachment,
): FieldError[] {
  if (Bun.deepEquals(next.spec, current.spec)) return [];
  const value = held("io.k8s.api.storage.v1.VolumeAttachmentSpec", next.spec);
  return [invalid("spec", { value, detail: "field is immutable" })];
}
