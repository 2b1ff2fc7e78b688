import { parseApiVersion } from "#api/codec/kinds.ts";
import { type FieldError, invalid } from "#api/field-error.ts";
import { CHANGED, type Look, METADATA_CHANGED } from "#api/looks.ts";
import {
  validateAnyMetadata,
  validateFinalizerDomains,
  validateMetadata,
  validateMetadataUpdate,
} from "#api/metadata.ts";
import { nilEmptyLists } from "#api/nil-lists.ts";
import type { KubeObject, ObjectMeta } from "#api/object.ts";
import { apiVersionOf, type Resource } from "#api/resource.ts";
import { badRequest, conflict, invalidObject, methodNotAllowed, StatusError } from "#api/status.ts";
import type { NamedTarget } from "#api/verbs.ts";
import { present } from "#lib/present.ts";
import type { AdmissionChain } from "./admission/chain.ts";
import type { Admission } from "./admission.ts";
import type { FieldManager } from "./field-manager.ts";
import { cloneJson, field, sameJson } from "./json.ts";
import { hasStatus, objectOf, storedForm, subjectOf, uidProblem } from "./kind.ts";
import { checkNamespace, specChanged } from "./new-object.ts";
import { takeSentMetadata } from "./sent-metadata.ts";
import type { Strategy, View } from "./strategy.ts";

export interface Rewrite<T extends KubeObject> {
  readonly target: NamedTarget<T>;
  readonly strategy: Strategy<T>;
  readonly admission: Admission;
  readonly chain: AdmissionChain;
  readonly fields: FieldManager;
  readonly current: T;
}

/**
 * What a PUT, or a PATCH once it is applied, asks an object to be: with its defaults and what
 * mutating admission makes of it.
 * @throws StatusError 409 when it was made from another version.
 */
export function changedDraft<T extends KubeObject>(rewrite: Rewrite<T>, sent: KubeObject): T {
  const { target, current, admission, chain, fields } = rewrite;
  checkIdentity(target, sent);
  checkVersions(target, { sent: sent.metadata ?? {}, current: current.metadata ?? {} });
  const view = target.subresource === undefined ? undefined : viewOf(rewrite, target.subresource);
  const next = view === undefined ? replaced(rewrite, sent) : view.write(current, sent, admission);
  next.metadata = keptMetadata(next.metadata ?? {}, current.metadata ?? {});
  nilEmptyLists(target.resource, next);
  fields.track(next, current, sent);
  chain.mutate({ operation: "UPDATE", target, object: next, current, admission });
  return next;
}

/**
 * The version that is stored: the draft, in place, with what only the server decides; `current`
 * itself when nothing changes.
 * @throws StatusError 422 when it breaks a rule.
 */
export function changedObject<T extends KubeObject>(rewrite: Rewrite<T>, next: T): T {
  const { target, current, strategy } = rewrite;
  const view = target.subresource === undefined ? undefined : viewOf(rewrite, target.subresource);
  next.metadata ??= {};
  if (view === undefined) {
    target.resource.prepareForUpdate?.(next, current);
    strategy.prepareUpdate?.({ next, current }, rewrite.admission);
  } else if (target.subresource === "status") {
    strategy.prepareStatus?.({ next, current }, rewrite.admission);
  }
  nilEmptyLists(target.resource, next);
  const warn = () => {
    if (view !== undefined) return;
    const warnings = target.resource.warnings?.(next, current) ?? [];
    for (const warning of warnings) rewrite.admission.warn(warning);
  };
  if (sameJson(next, current) || onlyTimesDiffer(next, current)) {
    // Rules of custom kinds may fail all the same, or have something to say.
    if (target.resource.custom !== undefined) check(rewrite, next, view);
    warn();
    return current;
  }
  const change = { next, current, isMain: view === undefined };
  if (target.resource.hasGeneration && specChanged(target.resource, change)) {
    next.metadata.generation = (current.metadata?.generation ?? 0) + 1;
  }
  check(rewrite, next, view);
  warn();
  if (target.resource.canonicalize === undefined) return next;
  target.resource.canonicalize(next);
  return sameJson(next, current) || onlyTimesDiffer(next, current) ? current : next;
}

/** A write that changes nothing but when somebody wrote last is none. */
function onlyTimesDiffer(next: KubeObject, current: KubeObject): boolean {
  const [after = [], before = []] = [next.metadata?.managedFields, current.metadata?.managedFields];
  if (after.length !== before.length || after.length === 0) return false;
  const timed = after.map((entry, index) => present({ ...entry, time: before[index]?.time }));
  if (!sameJson(timed, before)) return false;
  const metadata = { ...next.metadata, managedFields: before };
  return sameJson({ ...next, metadata }, current);
}

/** Subresources that are something to do show their object when they are only looked at. */
const READ_ONLY = {
  validated: false,
  read: (object: KubeObject): KubeObject => object,
  write(): never {
    throw methodNotAllowed();
  },
};

/** The view behind a subresource. */
export function viewOf<T extends KubeObject>(
  { target: { resource }, strategy }: Pick<Rewrite<T>, "target" | "strategy">,
  subresource: string,
): View<T> {
  const own = strategy.views?.[subresource];
  if (own !== undefined) return own;
  if (subresource !== "status") return READ_ONLY;
  return {
    validated: false,
    read: (object) => object,
    write(current, body) {
      const next = objectOf(resource, cloneJson(current));
      Object.assign(next, { status: cloneJson(field(body, "status")) ?? {} });
      takeSentMetadata(next, body, resource.statusKeeps);
      resource.setStatusDefaults?.(next);
      return next;
    },
  };
}

function replaced<T extends KubeObject>({ target, current }: Rewrite<T>, sent: KubeObject): T {
  const { resource } = target;
  const next = objectOf(resource, cloneJson(sent));
  next.apiVersion = apiVersionOf(resource);
  next.kind = resource.kind;
  resource.setDefaults(next);
  if (!hasStatus(resource)) return next;
  const status = field(current, "status");
  if (status === undefined) Reflect.deleteProperty(next, "status");
  else Object.assign(next, { status: cloneJson(status) });
  return next;
}

/** What callers cannot change, or need not say again. */
function keptMetadata(next: ObjectMeta, current: ObjectMeta): ObjectMeta {
  const { selfLink, generation: _generation, managedFields: _fields, ...free } = next;
  const { name, namespace, uid, creationTimestamp, resourceVersion } = current;
  const { generation, deletionTimestamp, deletionGracePeriodSeconds, managedFields } = current;
  return {
    // Another object, or another time to go, is refused later on; none means that of the object.
    ...present({ uid, deletionTimestamp, deletionGracePeriodSeconds }),
    ...free,
    ...(free.uid === "" && present({ uid })),
    ...present({ name, namespace, creationTimestamp, resourceVersion }),
    ...present({ generation, managedFields }),
  };
}

/** @throws StatusError 400 when an object names itself otherwise than the URL does. */
function checkIdentity(target: NamedTarget, { metadata }: KubeObject): void {
  const { name = "", namespace = "" } = metadata ?? {};
  if (name !== "" && name !== target.name) {
    throw badRequest(
      `the name of the object (${name}) does not match the name on the URL (${target.name})`,
    );
  }
  checkNamespace(namespace, target.namespace);
}

/**
 * What a PUT or an apply makes where there is nothing yet: whatever version it was made from.
 * @throws StatusError where it may not make the object that its URL names.
 */
export function newlyNamed(target: NamedTarget, sent: KubeObject): KubeObject {
  const { resourceVersion: _, ...metadata } = sent.metadata ?? {};
  const { uid = "" } = metadata;
  if (uid !== "") {
    const why = `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`;
    throw conflict(subjectOf(target, target.name), why);
  }
  const object = { ...sent, metadata };
  checkNamed(target, object);
  return object;
}

/** @throws StatusError 400 when an object names itself otherwise than the URL does, or not at all. */
export function checkNamed(target: NamedTarget, object: KubeObject): void {
  if ((object.metadata?.name ?? "") === "") {
    throw badRequest(
      `the name of the object (${target.name} based on URL) was undeterminable: name must be provided`,
    );
  }
  checkIdentity(target, object);
}

/** @throws StatusError 422 when a patch makes another kind of an object. */
export function checkKind({ resource, subresource }: NamedTarget, object: KubeObject): void {
  if (resource.custom === undefined || subresource !== undefined) return;
  const { apiVersion = "", kind = "" } = object;
  const wanted = apiVersionOf(resource);
  const errors = [
    ...(kind === resource.kind
      ? []
      : [invalid("kind", { value: kind, detail: `must be ${resource.kind}` })]),
    ...(apiVersion === wanted
      ? []
      : [invalid("apiVersion", { value: apiVersion, detail: `must be ${wanted}` })]),
  ];
  if (errors.length === 0) return;
  const { group = "" } = parseApiVersion(apiVersion) ?? {};
  const named = { resource: { ...resource, group, kind }, name: object.metadata?.name ?? "" };
  throw invalidObject(named, errors);
}

/** Where etcd would have an object. */
function storageKey({ resource, namespace, name }: NamedTarget): string {
  const place = resource.custom ? `${resource.group}/${resource.plural}` : resource.plural;
  return `/registry/${place}/${namespace === "" ? "" : `${namespace}/`}${name}`;
}

/** @throws StatusError 409 when what a PUT sends was another object, which had the name before. */
export function checkSameObject(target: NamedTarget, sent: KubeObject, current: KubeObject): void {
  const why = uidProblem(sent, current);
  if (why !== undefined) throw notTheOneMeant(target, why);
}

/** 409 of an object that is not the one that was meant, in the words of upstream's store. */
export function notTheOneMeant(target: NamedTarget, why: string): StatusError {
  return conflict(
    subjectOf({ resource: target.resource }, target.name),
    `StorageError: invalid object, Code: 4, Key: ${storageKey(target)}, ResourceVersion: 0, AdditionalErrorMsg: ${why}`,
  );
}

function checkVersions(
  target: NamedTarget,
  { sent, current }: { sent: ObjectMeta; current: ObjectMeta },
): void {
  const subject = subjectOf({ resource: target.resource }, target.name);
  const version = sent.resourceVersion ?? "";
  const isUnconditional = version === "" || version === "0";
  const { needsVersion } = target.resource;
  if (isUnconditional && needsVersion && target.subresource !== "scale") {
    const { plural: kind, group } = target.resource;
    throw invalidObject({ resource: { group, plural: kind, kind }, name: target.name }, [
      {
        reason: "FieldValueInvalid",
        field: "metadata.resourceVersion",
        message: "Invalid value: 0: must be specified for an update",
      },
    ]);
  }
  if (isUnconditional || version === current.resourceVersion) return;
  if (!/^\d+$/.test(version)) {
    throw new StatusError(`strconv.ParseUint: parsing ${JSON.stringify(version)}: invalid syntax`, {
      code: 500,
    });
  }
  throw conflict(subject);
}

function check<T extends KubeObject>(
  { target, current, admission }: Rewrite<T>,
  next: T,
  view: View<T> | undefined,
): void {
  const { resource, name, subresource } = target;
  const { anyFinalizer = false, changeLooks = CHANGED, statusLooks = METADATA_CHANGED } = resource;
  const ofStatus = subresource === "status" ? resource.validateStatus : undefined;
  const asChange = validateMetadataUpdate(next.metadata, current.metadata);
  const domains = (): FieldError[] =>
    anyFinalizer ? [] : validateFinalizerDomains(next.metadata?.finalizers, "metadata.finalizers");
  const look: Readonly<Record<Look, () => FieldError[]>> = {
    newMetadata: () => validateMetadata(next.metadata, resource),
    changedMetadata: () => [...asChange, ...domains()],
    object: () => resource.validate(next, current),
    difference: () => resource.validateUpdate(next, current),
  };
  const errors = [
    ...validateAnyMetadata(next.metadata, resource),
    ...asChange,
    ...(view?.validated === false ? statusLooks : changeLooks).flatMap((one) => look[one]()),
    ...(ofStatus?.(next, current) ?? []),
    ...(view?.validate?.(next, current) ?? []),
  ];
  if (errors.length === 0) return;
  const { held = [], letBe = [] } = Object.groupBy(errors, ({ isLetBe }) =>
    isLetBe ? "letBe" : "held",
  );
  for (const { field, message } of letBe) admission.warn(`${field}: ${message}`);
  if (held.length > 0) throw invalidObject({ resource, name }, held);
}

/** What `change` makes of an object, or of the part of it that is shown, both as `resource` serves them. */
export function changedAs<T extends KubeObject>(
  resource: Resource<T>,
  { shown, current }: { shown: KubeObject; current: KubeObject },
  change: (shown: KubeObject) => KubeObject,
): KubeObject {
  const { storedAs } = resource;
  if (storedAs === undefined || shown !== current) return change(shown);
  return storedForm(resource, change(storedAs.fromStored(current)));
}
