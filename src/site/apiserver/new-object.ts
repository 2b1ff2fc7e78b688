import { type FieldError, required } from "#api/field-error.ts";
import { type Look, NEW } from "#api/looks.ts";
import { generateName, validateAnyMetadata, validateMetadata } from "#api/metadata.ts";
import { nilEmptyLists } from "#api/nil-lists.ts";
import type { KubeObject, ObjectMeta } from "#api/object.ts";
import { apiVersionOf, type Resource } from "#api/resource.ts";
import {
  alreadyExists,
  badRequest,
  invalidObject,
  StatusError,
  type Subject,
} from "#api/status.ts";
import type { CreateTarget } from "#api/verbs.ts";
import { rfc3339 } from "#lib/clock.ts";
import type { AdmissionChain } from "./admission/chain.ts";
import type { Admission } from "./admission.ts";
import type { FieldManager } from "./field-manager.ts";
import { cloneJson, field } from "./json.ts";
import { hasStatus, objectOf } from "./kind.ts";
import type { Strategy } from "./strategy.ts";

export interface Creation<T extends KubeObject> {
  readonly target: CreateTarget<T>;
  readonly strategy: Strategy<T>;
  readonly admission: Admission;
  readonly chain: AdmissionChain;
  readonly fields: FieldManager;
}

/**
 * What a POST sent, with its defaults and what mutating admission makes of it.
 * @throws StatusError where it may not be.
 */
export function newDraft<T extends KubeObject>(
  { target, admission, chain, fields }: Creation<T>,
  sent: KubeObject,
): T {
  const { resource } = target;
  const object = objectOf(resource, cloneJson(sent));
  object.apiVersion = apiVersionOf(resource);
  object.kind = resource.kind;
  object.metadata = newMetadata(target, object.metadata ?? {}, admission.now);
  resource.setDefaults(object);
  nilEmptyLists(resource, object);
  fields.track(object, undefined, sent);
  chain.mutate({ operation: "CREATE", target, object, admission });
  return object;
}

/**
 * The object that a POST stores: the draft, in place, with what only the server decides.
 * @throws StatusError what is wrong with it.
 */
export function newObject<T extends KubeObject>(
  { target, strategy, admission }: Creation<T>,
  object: T,
): T {
  const { resource } = target;
  object.metadata = named(object.metadata ?? {});
  if (resource.hasGeneration) object.metadata.generation = 1;
  resource.prepareForCreate?.(object);
  strategy.prepareCreate?.(object, admission);
  nilEmptyLists(resource, object);

  const errors = errorsOfNew(resource, object);
  if (errors.length > 0) {
    throw invalidObject({ resource, name: object.metadata.name ?? "" }, errors);
  }
  for (const warning of resource.warnings?.(object, undefined) ?? []) admission.warn(warning);
  resource.canonicalize?.(object);
  return object;
}

/** What the kind finds wrong with a new object, else what is wrong with metadata of any kind. */
function errorsOfNew<T extends KubeObject>(resource: Resource<T>, object: T): FieldError[] {
  const look: Readonly<Record<Look, () => FieldError[]>> = {
    newMetadata: () => validateMetadata(object.metadata, resource),
    changedMetadata: () => [],
    object: () => resource.validate(object),
    difference: () => resource.validateCreate?.(object) ?? [],
  };
  const errors = (resource.newLooks ?? NEW).flatMap((one) => look[one]());
  return errors.length > 0 ? errors : validateAnyMetadata(object.metadata, resource);
}

/** What a POST to a kind brings that is asked and not kept, private to the caller. */
export function askedObject<T extends KubeObject>(
  { resource, namespace }: CreateTarget<T>,
  sent: KubeObject,
): T {
  const object = objectOf(resource, cloneJson(sent));
  checkNamespace(object.metadata?.namespace ?? "", namespace);
  object.apiVersion = apiVersionOf(resource);
  object.kind = resource.kind;
  object.metadata = { ...object.metadata, ...(namespace !== "" && { namespace }) };
  resource.setDefaults(object);
  return object;
}

/** A draft without what the server has added to what was sent: as nobody knows it yet. */
export function asSent(draft: KubeObject): KubeObject {
  const { uid: _uid, creationTimestamp: _created, ...metadata } = draft.metadata ?? {};
  return { ...draft, metadata };
}

interface Change {
  readonly next: KubeObject;
  readonly current: KubeObject;
  /** Made of the object itself, and not through a subresource. */
  readonly isMain: boolean;
}

/**
 * True where anything but metadata, and a status that is written apart, differs: what
 * `metadata.generation` counts; of some kinds it counts a part of metadata, too.
 */
export function specChanged(resource: Resource, { next, current, isMain }: Change): boolean {
  const isApart = resource.custom === undefined || hasStatus(resource);
  const rest = ({ metadata: _metadata, ...others }: KubeObject): object =>
    isApart ? { ...others, status: undefined } : others;
  const part = isMain ? resource.generationCounts : undefined;
  return (
    (part !== undefined && !Bun.deepEquals(next.metadata?.[part], current.metadata?.[part])) ||
    !Bun.deepEquals(field(next, "spec"), field(current, "spec")) ||
    !Bun.deepEquals(rest(next), rest(current))
  );
}

/** An object that leaves its name to the server gets it when mutating admission is over. */
function named(metadata: ObjectMeta): ObjectMeta {
  const { name = "", ...rest } = metadata;
  const { generateName: base = "" } = rest;
  if (name !== "" || base === "") return metadata;
  return { name: generateName(base, Math.random), ...rest };
}

function newMetadata(target: CreateTarget, sent: ObjectMeta, now: Date): ObjectMeta {
  const { resource } = target;
  checkNamespace(sent.namespace ?? "", target.namespace);
  const { namespace, deletionTimestamp, deletionGracePeriodSeconds, selfLink, ...kept } = sent;
  const { resourceVersion = "", managedFields: _managed, name = "", ...rest } = kept;
  return {
    ...(name !== "" && { name }),
    ...(!["", "0"].includes(resourceVersion) && { resourceVersion }),
    ...(resource.namespaced && { namespace: target.namespace }),
    ...rest,
    uid: crypto.randomUUID(),
    creationTimestamp: rfc3339(now),
  };
}

/**
 * An object may name the namespace that the request goes to, or none; where there is no namespace, it
 * may say what it likes.
 */
export function checkNamespace(sent: string, requested: string): void {
  if (sent !== "" && requested !== "" && sent !== requested) {
    throw badRequest(
      "the namespace of the provided object does not match the namespace sent on the request",
    );
  }
}

/** An object of a namespaced kind is sent to some namespace. */
export function namespaceRequired({ resource }: CreateTarget): Error {
  return invalidObject({ resource, name: "" }, [required("metadata.namespace")]);
}

/**
 * What is put into the store must come without a version. Upstream's store looks last of all, so a
 * dry run, which ends before it, is not refused.
 */
export function checkUnversioned({ metadata }: KubeObject): void {
  if (metadata?.resourceVersion === undefined) return;
  // Upstream says so in an error of its own kind, which HTTP knows no reason for.
  throw new StatusError("resourceVersion should not be set on objects to be created", {
    code: 500,
  });
}

/** A POST for an object that is there, maybe not for long. */
export function alreadyThere(subject: Subject, { metadata }: KubeObject): StatusError {
  const why = alreadyExists(subject);
  if (metadata?.deletionTimestamp === undefined) return why;
  return StatusError.from({ ...why.status, message: `object is being deleted: ${why.message}` });
}
