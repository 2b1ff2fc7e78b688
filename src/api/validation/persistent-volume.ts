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
import { embeddedPart } from "../held/held-fields.ts";
import { held, isHeldAlike } from "../held/held-json.ts";
import { dns1123Label } from "../names.ts";
import type { PersistentVolume } from "../object.ts";
import { SCHEMA } from "../schema.ts";
import { formatted } from "./common.ts";
import { noBacksteps } from "./paths.ts";
import { validatePositiveAmount } from "./resources.ts";
import { validateNodeSelector, validateNodeValues } from "./scheduling.ts";
import { VOLUME_MODES, validateAccessModes } from "./volume-modes.ts";
import {
  requiredFields,
  SOURCE_CHECKS,
  validateDriverName,
  validateInitiator,
  validateIscsi,
} from "./volume-source.ts";

type Spec = NonNullable<PersistentVolume["spec"]>;
type SecretRef = NonNullable<Spec["csi"]>["nodePublishSecretRef"];

const SOURCE = embeddedPart(
  SCHEMA.object("io.k8s.api.core.v1.PersistentVolumeSpec"),
  "PersistentVolumeSource",
);
const PLACE = SCHEMA.object("io.k8s.api.core.v1.VolumeNodeAffinity");
const RECLAIM_POLICIES: readonly string[] = ["Delete", "Recycle", "Retain"];

/** Errors of a volume after defaulting. */
export function validatePersistentVolume({ metadata, spec = {} }: PersistentVolume): FieldError[] {
  const { accessModes = [], persistentVolumeReclaimPolicy: policy, nodeAffinity } = spec;
  const errors = accessModes.length === 0 ? [required("spec.accessModes")] : [];
  errors.push(...validateAccessModes(accessModes, "spec.accessModes"));
  errors.push(...validateCapacity(spec.capacity ?? {}, "spec.capacity"));
  if (policy && !RECLAIM_POLICIES.includes(policy)) {
    const rule = { value: policy, supported: RECLAIM_POLICIES };
    errors.push(notSupported("spec.persistentVolumeReclaimPolicy", rule));
  }
  if (nodeAffinity) {
    const { required: must } = nodeAffinity;
    if (must) {
      errors.push(...validateNodeSelector(must, "spec.nodeAffinity.required"));
      errors.push(...validateNodeValues(must, "spec.nodeAffinity.required"));
    } else
      errors.push(required("spec.nodeAffinity.required", "must specify required node constraints"));
  }
  errors.push(...validateVolumeSources(spec, "spec", { name: metadata?.name ?? "" }));
  return [...errors, ...validateClass(spec)];
}

function validateCapacity(capacity: Readonly<Record<string, string>>, path: string): FieldError[] {
  const names = Object.keys(capacity);
  const errors = names.length === 0 ? [required(path)] : [];
  if (capacity["storage"] === undefined || names.length > 1) {
    errors.push(notSupported(path, { value: capacity, supported: ["storage"] }));
  }
  for (const [name, amount] of Object.entries(capacity)) {
    errors.push(...validatePositiveAmount(`${path}[${name}]`, amount));
  }
  return errors;
}

type Source = (typeof SOURCES)[number];
type Check<S extends Source> = (source: NonNullable<Spec[S]>, path: string) => FieldError[];

/** In the order in which Kubernetes looks at them: the first one given is the one that counts. */
const SOURCES = [
  "hostPath",
  "gcePersistentDisk",
  "awsElasticBlockStore",
  "glusterfs",
  "flocker",
  "nfs",
  "rbd",
  "quobyte",
  "cephfs",
  "iscsi",
  "cinder",
  "fc",
  "flexVolume",
  "azureFile",
  "vsphereVolume",
  "photonPersistentDisk",
  "portworxVolume",
  "azureDisk",
  "scaleIO",
  "local",
  "storageos",
  "csi",
] as const;

const withNamespace = (secret: SecretRef, path: string) =>
  secret ? requiredFields(path, { namespace: secret.namespace }) : [];

/** Secrets of volumes are named with their namespace. */
const CHECKS: { readonly [S in Source]: Check<S> } = {
  ...SOURCE_CHECKS,
  gcePersistentDisk: (source, path) =>
    SOURCE_CHECKS.gcePersistentDisk(source, path.replace(/gcePersistentDisk$/, "persistentDisk")),
  glusterfs: (source, path) => {
    const { endpointsNamespace: value } = source;
    const errors = SOURCE_CHECKS.glusterfs(source, path);
    if (value === undefined) return errors;
    const empty = "if the endpointnamespace is set, it must be a valid namespace name";
    const details = value === "" ? [empty] : dns1123Label(value);
    return [...errors, ...invalidAll(`${path}.endpointsNamespace`, { value, details })];
  },
  iscsi: (source, path) => [
    ...validateIscsi(source, path),
    ...(source.secretRef
      ? requiredFields(`${path}.secretRef`, { name: source.secretRef.name })
      : []),
  ],
  cinder: (source, path) => [
    ...SOURCE_CHECKS.cinder(source, path),
    ...withNamespace(source.secretRef, `${path}.secretRef`),
  ],
  azureFile: (source, path) => [
    ...SOURCE_CHECKS.azureFile(source, path),
    ...(source.secretNamespace === "" ? [required(`${path}.secretNamespace`)] : []),
  ],
  local: ({ path: local }, path) =>
    local ? noBacksteps(local, `${path}.path`) : [required(`${path}.path`)],
  storageos: (source, path) => [
    ...SOURCE_CHECKS.storageos(source, path),
    ...withNamespace(source.secretRef, `${path}.secretRef`),
  ],
  csi: (source, path) => [
    ...validateDriverName(source.driver, `${path}.driver`),
    ...requiredFields(path, { volumeHandle: source.volumeHandle }),
    ...CSI_SECRETS.flatMap((field) => validateSecretRef(source[field], `${path}.${field}`)),
  ],
};

const CSI_SECRETS = [
  "controllerPublishSecretRef",
  "controllerExpandSecretRef",
  "nodePublishSecretRef",
  "nodeExpandSecretRef",
] as const;

function validateSecretRef(secret: SecretRef, path: string): FieldError[] {
  if (secret === undefined) return [];
  const { name, namespace } = secret;
  return [
    ...requiredFields(path, { name }),
    ...formatted(`${path}.name`, { value: name, as: "subdomain" }),
    ...requiredFields(path, { namespace }),
    ...formatted(`${path}.namespace`, { value: namespace, as: "label" }),
  ];
}

function checkSource<S extends Source>(
  path: string,
  { name, spec }: { name: S; spec: Spec },
): FieldError[] {
  const source = spec[name];
  const check: Check<S> = CHECKS[name];
  return source ? check(source, `${path}.${name}`) : [];
}

/** Errors of where a volume of that name lies, of which it says one place. */
export function validateVolumeSources(
  spec: Spec,
  path: string,
  { name } = { name: "" },
): FieldError[] {
  const given = SOURCES.filter((source) => spec[source] !== undefined);
  if (given.length === 0) return [required(path, "must specify a volume type")];
  const errors = given.flatMap((source, index) => {
    if (index === 0 || source === "flexVolume") return checkSource(path, { name: source, spec });
    const field = `${path}.${source === "cephfs" ? "cephFS" : source}`;
    return [forbidden(field, "may not specify more than 1 volume type")];
  });
  const [first] = given;
  if (first === "local" && spec.nodeAffinity === undefined) {
    errors.push(required(`${path}.nodeAffinity`, "Local volume requires node affinity"));
  }
  if (first === "iscsi" && spec.iscsi) {
    const said = { value: spec.iscsi.targetPortal, path: `${path}.iscsi.targetportal` };
    errors.push(...validateInitiator(spec.iscsi, name, said));
  }
  const isRoot = /^\/+(\.?\/*)*$/.test(spec.hostPath?.path ?? "");
  if (isRoot && spec.persistentVolumeReclaimPolicy === "Recycle") {
    const detail = "may not be 'recycle' for a hostPath mount of '/'";
    errors.push(forbidden(`${path}.persistentVolumeReclaimPolicy`, detail));
  }
  return errors;
}

function validateClass(spec: Spec): FieldError[] {
  const { storageClassName, volumeMode } = spec;
  const errors = formatted("spec.storageClassName", { value: storageClassName, as: "subdomain" });
  if (volumeMode !== undefined && !VOLUME_MODES.includes(volumeMode)) {
    errors.push(notSupported("spec.volumeMode", { value: volumeMode, supported: VOLUME_MODES }));
  }
  return [...errors, ...validateAttributesClass(spec, "spec")];
}

/** Errors of the class of a volume's attributes, which only one behind CSI has. */
export function validateAttributesClass(
  { volumeAttributesClassName: value, csi }: Spec,
  path: string,
): FieldError[] {
  if (value === undefined) return [];
  const at = `${path}.volumeAttributesClassName`;
  const errors = value === "" ? [required(at, "an empty string is disallowed")] : [];
  errors.push(...formatted(at, { value, as: "subdomain" }));
  if (csi) return errors;
  const why = "has to be specified when using volumeAttributesClassName";
  return [...errors, required(`${path}.csi`, why)];
}

/** Errors of a change: where a volume lies does not change. */
export function validatePersistentVolumeUpdate(
  next: PersistentVolume,
  current: PersistentVolume,
): FieldError[] {
  const [now, before] = [next.spec ?? {}, current.spec ?? {}];
  const errors: FieldError[] = [];
  const changed = heldDifference(SOURCE, { current: before, next: withOwnSecret(now, before) });
  if (changed !== "") {
    const detail = `spec.persistentvolumesource is immutable after creation\n${changed}`;
    errors.push(forbidden("spec.persistentvolumesource", detail));
  }
  errors.push(...immutable("volumeMode", { next: now.volumeMode, current: before.volumeMode }));
  if (before.nodeAffinity) {
    errors.push(...validatePlace(now.nodeAffinity, before.nodeAffinity));
  }
  if (before.volumeAttributesClassName && now.volumeAttributesClassName === undefined) {
    const detail = "update from non-nil value to nil is forbidden";
    errors.push(forbidden("spec.volumeAttributesClassName", detail));
  }
  return errors;
}

/** Kubernetes hears of no beta label any more. */
function validatePlace(next: Spec["nodeAffinity"], current: Spec["nodeAffinity"]): FieldError[] {
  if (next && isHeldAlike(PLACE, next, current)) return [];
  const detail = "field is immutable, except for updating from beta label to GA";
  return [invalid("nodeAffinity", { value: held(PLACE.name, next), detail })];
}

/** The new spec; in its source the Secret for growing it may still be added. */
function withOwnSecret(next: Spec, current: Spec): Spec {
  if (next.csi === undefined || current.csi === undefined) return next;
  if (current.csi.controllerExpandSecretRef) return next;
  const { controllerExpandSecretRef: _, ...csi } = next.csi;
  return { ...next, csi };
}
