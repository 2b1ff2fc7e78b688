import type { KubeObject, Pod, ReplicaSet } from "#api/object.ts";
import { isReady } from "#api/pod.ts";
import { matcherOfLabels } from "#api/selector.ts";
import { nonZero } from "#client/conditions.ts";
import { rfc3339 } from "#lib/clock.ts";
import { explain } from "#lib/errors.ts";
import { availableInMs } from "./pods.ts";

type Status = NonNullable<ReplicaSet["status"]>;

/** What a ReplicaSet and its likes have in common. */
export interface Replicated extends KubeObject {
  spec?: Pick<NonNullable<ReplicaSet["spec"]>, "replicas" | "minReadySeconds" | "template">;
  status?: Status;
}

export interface ReplicatedView {
  readonly owner: Replicated;
  /** Its active pods. */
  readonly pods: readonly Pod[];
  /** What kept it from its replicas this time. */
  readonly failure?: unknown;
  readonly now: Date;
}

/** The status that follows from what is there (Kubernetes `calculateStatus`). */
export function replicaStatus({ owner, pods, failure, now }: ReplicatedView): Status {
  const { spec, status, metadata } = owner;
  const labelled = matcherOfLabels(spec?.template?.metadata?.labels ?? {});
  const minReadyMs = (spec?.minReadySeconds ?? 0) * 1000;
  const count = (matches: (pod: Pod) => boolean): number => pods.filter(matches).length;
  const conditions = replicaFailure({ owner, pods, failure, now });
  return {
    replicas: pods.length,
    ...nonZero(
      "fullyLabeledReplicas",
      count((pod) => labelled.matches(pod.metadata?.labels)),
    ),
    ...nonZero("readyReplicas", count(isReady)),
    ...nonZero(
      "availableReplicas",
      count((pod) => availableInMs(pod, { minReadyMs, now }) === 0),
    ),
    ...nonZero(
      "observedGeneration",
      Math.max(metadata?.generation ?? 0, status?.observedGeneration ?? 0),
    ),
    ...(conditions.length > 0 && { conditions }),
  };
}

/**
 * The first failure is told until it has passed: each one names another pod, and a status that
 * changed with every attempt would call for the next.
 */
function replicaFailure({ owner, pods, failure, now }: ReplicatedView) {
  const conditions = owner.status?.conditions ?? [];
  const isFailure = ({ type }: { readonly type: string }): boolean => type === "ReplicaFailure";
  if (failure === undefined) return conditions.filter((condition) => !isFailure(condition));
  if (conditions.some(isFailure)) return conditions;
  const missing = (owner.spec?.replicas ?? 0) - pods.length;
  return [
    ...conditions,
    {
      type: "ReplicaFailure",
      status: "True",
      reason: missing < 0 ? "FailedDelete" : "FailedCreate",
      message: explain(failure),
      lastTransitionTime: rfc3339(now),
    },
  ];
}
