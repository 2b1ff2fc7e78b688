import { htmlSafeJson, WrittenJson } from "#lib/json-text.ts";
import { validateManagedFields } from "./apply/manager-name.ts";
import {
  type FieldError,
  forbidden,
  immutable,
  invalid,
  invalidAll,
  nonNegative,
  required,
  tooLong,
} from "./field-error.ts";
import {
  dns1035Label,
  dns1123Label,
  dns1123Subdomain,
  ipAddress,
  labelValue,
  pathSegment,
  qualifiedName,
} from "./names.ts";
import type { ObjectMeta, OwnerReference } from "./object.ts";

/** What the names of a kind's objects must look like. */
export type NameFormat =
  | "dns1123Subdomain"
  | "dns1123Label"
  | "dns1035Label"
  | "pathSegment"
  | "ipAddress"
  | "any";

const FORMATS: Readonly<Record<NameFormat, (name: string) => string[]>> = {
  dns1123Subdomain,
  dns1123Label,
  dns1035Label,
  pathSegment,
  ipAddress,
  any: () => [],
};

const ANNOTATIONS_MAX_BYTES = 256 * 1024;

/** How the metadata of a kind is checked. */
export interface MetadataRules {
  readonly namespaced: boolean;
  readonly nameFormat?: NameFormat;
  /** True for kinds whose finalizers need no domain, as Kubernetes' own do. */
  readonly anyFinalizer?: boolean;
}

const SUFFIX_ALPHABET = "bcdfghjklmnpqrstvwxz2456789";
const SUFFIX_LENGTH = 5;
const NAME_BASE_MAX_LENGTH = 63 - SUFFIX_LENGTH;

/** A name from `generateName`: its base, cut to 58, and five characters. `random` returns [0, 1). */
export function generateName(base: string, random: () => number): string {
  let suffix = "";
  for (let i = 0; i < SUFFIX_LENGTH; i += 1) {
    suffix += SUFFIX_ALPHABET.charAt(Math.floor(random() * SUFFIX_ALPHABET.length));
  }
  return base.slice(0, NAME_BASE_MAX_LENGTH) + suffix;
}

/** A name with this prefix may end in a dash: something will follow it. */
function withSuffix(prefix: string): string {
  return prefix.length > 1 && prefix.endsWith("-") ? `${prefix.slice(0, -2)}a` : prefix;
}

/** Errors in the metadata of a new object, after a name was generated and the namespace filled in. */
export function validateMetadata(
  metadata: ObjectMeta | undefined,
  { namespaced, nameFormat = "dns1123Subdomain", anyFinalizer = false }: MetadataRules,
  path = "metadata",
): FieldError[] {
  const { name = "", generateName: prefix = "", namespace = "" } = metadata ?? {};
  const check = FORMATS[nameFormat];
  const errors: FieldError[] = [];
  if (prefix !== "") {
    const details = check(withSuffix(prefix));
    errors.push(...invalidAll(`${path}.generateName`, { value: prefix, details }));
  }
  if (name === "") errors.push(required(`${path}.name`, "name or generateName is required"));
  else errors.push(...invalidAll(`${path}.name`, { value: name, details: check(name) }));
  errors.push(...validateNamespace(`${path}.namespace`, { namespace, namespaced }));
  if (metadata === undefined) return errors;
  const { generation, labels, annotations, ownerReferences, finalizers, managedFields } = metadata;
  // Of most objects most of it is not there: every create comes by here.
  if (generation !== undefined) errors.push(...nonNegative(`${path}.generation`, generation));
  if (labels) errors.push(...validateLabels(labels, `${path}.labels`));
  if (annotations) errors.push(...validateAnnotations(annotations, `${path}.annotations`));
  if (ownerReferences) {
    errors.push(...validateOwnerReferences(ownerReferences, `${path}.ownerReferences`));
  }
  if (finalizers) errors.push(...validateFinalizers(finalizers, `${path}.finalizers`));
  if (managedFields) errors.push(...validateManagedFields(managedFields, `${path}.managedFields`));
  if (!anyFinalizer) errors.push(...validateFinalizerDomains(finalizers, `${path}.finalizers`));
  return errors;
}

/** Errors in the metadata of any object at all, whatever its kind asks for beside. */
export function validateAnyMetadata(
  metadata: ObjectMeta | undefined,
  { namespaced }: Pick<MetadataRules, "namespaced">,
): FieldError[] {
  return validateMetadata(metadata, { namespaced, nameFormat: "pathSegment", anyFinalizer: true });
}

function validateNamespace(
  path: string,
  { namespace, namespaced }: { namespace: string; namespaced: boolean },
): FieldError[] {
  if (!namespaced) return namespace === "" ? [] : [forbidden(path, "not allowed on this type")];
  if (namespace === "") return [required(path)];
  return invalidAll(path, { value: namespace, details: dns1123Label(namespace) });
}

/** Errors of a change of metadata; some are those of `validateMetadata`, said once more. */
export function validateMetadataUpdate(
  next: ObjectMeta | undefined,
  current: ObjectMeta | undefined,
  path = "metadata",
): FieldError[] {
  const errors: FieldError[] = [];
  if (current?.deletionTimestamp !== undefined) {
    const known = new Set(current.finalizers);
    const extra = (next?.finalizers ?? []).filter((finalizer) => !known.has(finalizer)).sort();
    if (extra.length > 0) {
      const list = extra.map((finalizer) => JSON.stringify(finalizer)).join(", ");
      const why = `no new finalizers can be added if the object is being deleted, found new finalizers []string{${list}}`;
      errors.push(forbidden(`${path}.finalizers`, why));
    }
  }
  const fixed = [
    "name",
    "namespace",
    "uid",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
  ] as const;
  for (const field of fixed) {
    const change = { next: next?.[field], current: current?.[field] };
    errors.push(...immutable(`${path}.${field}`, change));
  }
  return [
    ...errors,
    ...validateLabels(next?.labels, `${path}.labels`),
    ...validateAnnotations(next?.annotations, `${path}.annotations`),
    ...validateOwnerReferences(next?.ownerReferences, `${path}.ownerReferences`),
    ...validateManagedFields(next?.managedFields, `${path}.managedFields`),
  ];
}

/** Errors in a map of labels: keys are qualified names, values label values. */
export function validateLabels(
  labels: Readonly<Record<string, string>> | undefined,
  path: string,
): FieldError[] {
  return Object.entries(labels ?? {}).flatMap(([key, value]) => [
    ...validateLabelKey(key, path),
    ...invalidAll(path, { value, details: labelValue(value) }),
  ]);
}

/** Errors in the key of a label, taint or selector. */
export function validateLabelKey(key: string, path: string): FieldError[] {
  return invalidAll(path, { value: key, details: qualifiedName(key) });
}

/** Errors in annotations: keys are qualified names in any case, all together at most 256 KiB. */
export function validateAnnotations(
  annotations: Readonly<Record<string, string>> | undefined,
  path: string,
): FieldError[] {
  const entries = Object.entries(annotations ?? {});
  const errors = entries.flatMap(([key]) =>
    invalidAll(path, { value: key, details: qualifiedName(key.toLowerCase()) }),
  );
  const bytes = entries.reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value),
    0,
  );
  return bytes > ANNOTATIONS_MAX_BYTES ? [...errors, tooLong(path, ANNOTATIONS_MAX_BYTES)] : errors;
}

function validateOwnerReferences(
  references: readonly OwnerReference[] | undefined,
  path: string,
): FieldError[] {
  const errors = (references ?? []).flatMap((reference) => validateOwner(reference, path));
  const [first, ...others] = (references ?? []).filter(({ controller }) => controller);
  for (const other of first === undefined ? [] : others) {
    const names = `${first?.kind}/${first?.name} and ${other.kind}/${other.name}`;
    const detail = `Only one reference can have Controller set to true. Found "true" in references for ${names}`;
    errors.push(invalid(path, { value: inGosOrder(references), detail }));
  }
  return errors;
}

/** The references with their fields in the order in which Go declares them. */
function inGosOrder(references: readonly OwnerReference[] | undefined): WrittenJson {
  const ordered = references?.map(({ apiVersion, kind, name, uid, ...whether }) => {
    const { controller, blockOwnerDeletion } = whether;
    return { apiVersion, kind, name, uid, controller, blockOwnerDeletion };
  });
  return new WrittenJson(htmlSafeJson(ordered));
}

function validateOwner(reference: OwnerReference, path: string): FieldError[] {
  const { apiVersion, kind, name, uid } = reference;
  const errors: FieldError[] = [];
  const value = apiVersion ?? "";
  if (!/^([^/]*\/)?[^/]+$/.test(value))
    errors.push(invalid(`${path}.apiVersion`, { value, detail: "version must not be empty" }));
  for (const [field, value = ""] of [
    ["kind", kind],
    ["name", name],
    ["uid", uid],
  ] as const) {
    const detail = "must not be empty";
    if (value === "") errors.push(invalid(`${path}.${field}`, { value, detail }));
  }
  if (apiVersion === "v1" && kind === "Event") {
    const detail = "/v1, Kind=Event is disallowed from being an owner";
    errors.push(invalid(path, { value: reference, detail }));
  }
  return errors;
}

const STANDARD_FINALIZERS = new Set(["kubernetes", "orphan", "foregroundDeletion"]);

function validateFinalizers(finalizers: readonly string[] | undefined, path: string): FieldError[] {
  const errors = (finalizers ?? []).flatMap((value) =>
    invalidAll(path, { value, details: qualifiedName(value) }),
  );
  if (finalizers?.includes("orphan") && finalizers.includes("foregroundDeletion")) {
    const detail = "finalizer orphan and foregroundDeletion cannot be both set";
    errors.push(invalid(path, { value: finalizers, detail }));
  }
  return errors;
}

/** Errors in one finalizer: a standard one or a name with a domain. */
export function validateFinalizer(finalizer: string, path: string): FieldError[] {
  const errors = invalidAll(path, { value: finalizer, details: qualifiedName(finalizer) });
  return [...errors, ...validateDomain(finalizer, path)];
}

/** True for a finalizer that says whose it is. */
export function isQualifiedFinalizer(finalizer: string): boolean {
  return finalizer.includes("/") || STANDARD_FINALIZERS.has(finalizer);
}

/** Errors in finalizers that do not say whose they are, each under its own index (core `ValidateObjectMeta`). */
export function validateFinalizerDomains(
  finalizers: readonly string[] | undefined,
  path: string,
): FieldError[] {
  return finalizers?.flatMap((one, index) => validateDomain(one, `${path}[${index}]`)) ?? [];
}

function validateDomain(value: string, path: string): FieldError[] {
  const detail = "name is neither a standard finalizer name nor is it fully qualified";
  return isQualifiedFinalizer(value) ? [] : [invalid(path, { value, detail })];
}
