import type { Deployment, ReplicaSet } from "#api/object.ts";
import { ceilingOf, DESIRED_ANNOTATION, MAX_ANNOTATION, replicasOf } from "./rollout.ts";

export const REVISION_ANNOTATION = "deployment.kubernetes.io/revision";
const HISTORY_ANNOTATION = "deployment.kubernetes.io/revision-history";

/** Annotations of a Deployment that are not its ReplicaSets'. */
const OWN = new Set([
  "kubectl.kubernetes.io/last-applied-configuration",
  "deprecated.deployment.rollback.to",
  REVISION_ANNOTATION,
  HISTORY_ANNOTATION,
  DESIRED_ANNOTATION,
  MAX_ANNOTATION,
]);

/** Which rollout an object is of, a 64-bit number; 0 when it does not say. */
export function revisionOf({ metadata }: Deployment | ReplicaSet): bigint {
  return revisionIn(metadata?.annotations ?? {});
}

function revisionIn(annotations: Readonly<Record<string, string>>): bigint {
  const text = annotations[REVISION_ANNOTATION] ?? "";
  return /^\d{1,19}$/.test(text) ? BigInt(text) : 0n;
}

/** The number of the rollout that comes after those of `old`. */
export function nextRevision(old: readonly ReplicaSet[]): bigint {
  const [last = 0n] = old.map(revisionOf).toSorted((a, b) => (a > b ? -1 : 1));
  return last + 1n;
}

export function sizeAnnotations(deployment: Deployment): Record<string, string> {
  return {
    [DESIRED_ANNOTATION]: String(replicasOf(deployment)),
    [MAX_ANNOTATION]: String(ceilingOf(deployment)),
  };
}

/**
 * The annotations of the ReplicaSet with the current template: those it has, the Deployment's, and
 * its revision, with the former ones when a rollback made it current again.
 */
export function currentAnnotations(
  deployment: Deployment,
  revision: bigint,
  present: Readonly<Record<string, string>>,
): Record<string, string> {
  const inherited = Object.entries(deployment.metadata?.annotations ?? {}).filter(
    ([name]) => !OWN.has(name),
  );
  const before = revisionIn(present);
  const former = present[HISTORY_ANNOTATION];
  const history = former === undefined ? String(before) : `${former},${before}`;
  return {
    ...present,
    ...Object.fromEntries(inherited),
    [REVISION_ANNOTATION]: String(revision > before ? revision : before),
    ...(revision > before && before > 0n && { [HISTORY_ANNOTATION]: history }),
  };
}
