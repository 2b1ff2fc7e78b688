import type { KubeObject } from "#api/object.ts";
import { conflict, type Subject } from "#api/status.ts";
import type { DeleteOptions } from "#api/verbs.ts";
import { rfc3339 } from "#lib/clock.ts";
import type { Admission } from "./admission.ts";
import { cloneJson } from "./json.ts";
import type { Strategy } from "./strategy.ts";
import type { Decision } from "./writer.ts";

const FOREGROUND = "foregroundDeletion";
const ORPHAN = "orphan";

export interface Deletion<T extends KubeObject> {
  readonly current: T;
  readonly subject: Subject;
  readonly strategy: Strategy<T>;
  readonly options: DeleteOptions;
  readonly admission: Admission;
}

/**
 * What a DELETE does to an object (apiserver `BeforeDelete` and the registry's
 * `updateForGracefulDeletionAndFinalizers`): remove it, mark it, or nothing when it is going already.
 */
export function deletionOf<T extends KubeObject>(deletion: Deletion<T>): Decision<T> {
  const { current, strategy, options } = deletion;
  checkPreconditions(deletion);
  const secondsLeft = current.metadata?.deletionGracePeriodSeconds ?? 0;
  const isGoing = current.metadata?.deletionTimestamp !== undefined;
  if (strategy.graceSeconds && isGoing && secondsLeft > 0) return hastened(deletion, secondsLeft);

  const finalizers = finalizersFor(deletion);
  const { next, metadata } = keptBy(finalizers, current);
  const graceSeconds = strategy.graceSeconds?.(current, options.gracePeriodSeconds) ?? 0;
  const held = finalizers.length > 0 || (strategy.isHeld?.(current) ?? false);
  if (graceSeconds === 0 && !held) return { remove: next };

  if (isGoing) {
    return Bun.deepEquals(finalizers, current.metadata?.finalizers ?? []) ? "keep" : { put: next };
  }
  const { now } = deletion.admission;
  metadata.deletionTimestamp = rfc3339(new Date(now.getTime() + graceSeconds * 1000));
  metadata.deletionGracePeriodSeconds = graceSeconds;
  if (metadata.generation !== undefined) metadata.generation += 1;
  strategy.beginDeletion?.(next);
  return { put: next };
}

/** An object that has yet some time to go only gets less of it, and nothing else, where that is asked. */
function hastened<T extends KubeObject>(deletion: Deletion<T>, secondsLeft: number): Decision<T> {
  const { current, strategy, options, admission } = deletion;
  const { gracePeriodSeconds: asked } = options;
  if (asked === undefined) return "keep";
  let seconds = asked < 0 ? 1 : asked;
  if (seconds >= secondsLeft) return "keep";
  const { next, metadata } = keptBy(finalizersFor(deletion), current);
  const fromMs = Date.parse(metadata.deletionTimestamp ?? "") - secondsLeft * 1000;
  const nowMs = admission.now.getTime();
  const untilMs = fromMs + seconds * 1000;
  // All of it has passed: whoever ends the object still gets a word in.
  if (untilMs < nowMs && seconds !== 0) seconds = 1;
  metadata.deletionTimestamp = rfc3339(new Date(Math.max(untilMs, nowMs)));
  metadata.deletionGracePeriodSeconds = seconds;
  return isFinished(next, strategy) ? { remove: next } : { put: next };
}

function keptBy<T extends KubeObject>(finalizers: readonly string[], current: T) {
  const next = cloneJson(current);
  const { finalizers: _, ...rest } = next.metadata ?? {};
  const metadata = { ...rest, ...(finalizers.length > 0 && { finalizers: [...finalizers] }) };
  next.metadata = metadata;
  return { next, metadata };
}

/** True once nothing keeps an object whose deletion has begun. */
export function isFinished<T extends KubeObject>(object: T, strategy: Strategy<T>): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds, finalizers } = object.metadata ?? {};
  return (
    deletionTimestamp !== undefined &&
    (deletionGracePeriodSeconds ?? 0) === 0 &&
    (finalizers ?? []).length === 0 &&
    !(strategy.isHeld?.(object) ?? false)
  );
}

function finalizersFor<T extends KubeObject>(deletion: Deletion<T>): string[] {
  const { current, options, strategy, admission } = deletion;
  const before = current.metadata?.finalizers ?? [];
  const rest = before.filter((name) => name !== FOREGROUND && name !== ORPHAN);
  const policy =
    options.propagationPolicy ?? policyOf(before) ?? strategy.defaultPropagation?.(admission);
  if (policy === "Foreground") return [...rest, FOREGROUND];
  if (policy === "Orphan") return [...rest, ORPHAN];
  return rest;
}

function policyOf(finalizers: readonly string[]): DeleteOptions["propagationPolicy"] {
  if (finalizers.includes(ORPHAN)) return "Orphan";
  return finalizers.includes(FOREGROUND) ? "Foreground" : undefined;
}

function checkPreconditions<T extends KubeObject>({
  current,
  subject,
  options,
}: Deletion<T>): void {
  const { uid, resourceVersion } = options.preconditions ?? {};
  const { metadata } = current;
  // The registry names the kind here, not the resource.
  const kind = { ...subject, resource: { ...subject.resource, plural: subject.resource.kind } };
  if (uid !== undefined && uid !== metadata?.uid) {
    throw conflict(
      kind,
      `the UID in the precondition (${uid}) does not match the UID in record (${metadata?.uid}). The object might have been deleted and then recreated`,
    );
  }
  if (resourceVersion !== undefined && resourceVersion !== metadata?.resourceVersion) {
    throw conflict(
      kind,
      `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${metadata?.resourceVersion}). The object might have been modified`,
    );
  }
}
