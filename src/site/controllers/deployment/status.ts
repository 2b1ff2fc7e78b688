import type { Deployment, ReplicaSet } from "#api/object.ts";
import { type Condition, nonZero } from "#client/conditions.ts";
import { rfc3339 } from "#lib/clock.ts";
import { fenceposts, replicasOf, sum, wanted } from "./rollout.ts";

export type DeploymentStatus = NonNullable<Deployment["status"]>;
export type DeploymentCondition = NonNullable<DeploymentStatus["conditions"]>[number];

export interface DeploymentView {
  readonly deployment: Deployment;
  readonly current: ReplicaSet | undefined;
  readonly old: readonly ReplicaSet[];
  readonly now: Date;
  /** The time for progress is over, by the monotonic clock. */
  readonly overdue: boolean;
}

/** A condition as it would be if it changed now. */
export function condition(
  now: Date,
  { type, status, reason, message }: Condition,
): DeploymentCondition {
  const stamp = rfc3339(now);
  return {
    type,
    status,
    lastUpdateTime: stamp,
    lastTransitionTime: stamp,
    ...(reason !== undefined && { reason }),
    ...(message !== undefined && { message }),
  };
}

/**
 * Puts a condition in its place. Same status and reason: nothing changes, the stamps least of all;
 * same status: only the transition time stays (Kubernetes `SetDeploymentCondition`).
 */
export function setCondition(
  conditions: readonly DeploymentCondition[],
  next: DeploymentCondition,
): DeploymentCondition[] {
  const current = conditions.find(({ type }) => type === next.type);
  if (current?.status === next.status && current.reason === next.reason) return [...conditions];
  return [...conditions.filter((one) => one !== current), keepTransition(current, next)];
}

function keepTransition(
  current: DeploymentCondition | undefined,
  next: DeploymentCondition,
): DeploymentCondition {
  if (current?.status !== next.status || current.lastTransitionTime === undefined) return next;
  return { ...next, lastTransitionTime: current.lastTransitionTime };
}

/** Numbers and availability that follow from the ReplicaSets (Kubernetes `calculateStatus`). */
export function countedStatus({ deployment, current, old, now }: DeploymentView): DeploymentStatus {
  const all = current ? [...old, current] : old;
  const availableReplicas = sum(all, ({ status }) => status?.availableReplicas ?? 0);
  const unavailable = Math.max(0, sum(all, wanted) - availableReplicas);
  const enough = availableReplicas >= replicasOf(deployment) - fenceposts(deployment).unavailable;
  const { status, metadata } = deployment;
  const conditions = setCondition(
    status?.conditions ?? [],
    condition(now, {
      type: "Available",
      status: enough ? "True" : "False",
      reason: enough ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable",
      message: enough
        ? "Deployment has minimum availability."
        : "Deployment does not have minimum availability.",
    }),
  );
  return {
    ...nonZero("observedGeneration", metadata?.generation ?? 0),
    ...nonZero(
      "replicas",
      sum(all, (one) => one.status?.replicas ?? 0),
    ),
    ...nonZero("updatedReplicas", current?.status?.replicas ?? 0),
    ...nonZero(
      "readyReplicas",
      sum(all, (one) => one.status?.readyReplicas ?? 0),
    ),
    ...nonZero("availableReplicas", availableReplicas),
    ...nonZero("unavailableReplicas", unavailable),
    conditions,
    ...(status?.collisionCount !== undefined && { collisionCount: status.collisionCount }),
  };
}

/** The status of a rollout under way: numbers, progress and failures (`syncRolloutStatus`). */
export function rolloutStatus(view: DeploymentView): DeploymentStatus {
  const { deployment, current, old } = view;
  const counted = countedStatus(view);
  const progressed = hasDeadline(deployment)
    ? withProgress(view, counted)
    : (counted.conditions ?? []).filter(({ type }) => type !== "Progressing");
  const conditions = withFailure(progressed, current ? [current, ...old] : old);
  return { ...counted, conditions };
}

/** Kubernetes takes the largest int32 for no deadline. */
export function hasDeadline({ spec }: Deployment): boolean {
  return (spec?.progressDeadlineSeconds ?? 2 ** 31 - 1) !== 2 ** 31 - 1;
}

export const progressing = ({ conditions }: DeploymentStatus): DeploymentCondition | undefined =>
  conditions?.find(({ type }) => type === "Progressing");

/** Every pod is of the current template, and available (`DeploymentComplete`). */
export function isComplete({ spec, metadata }: Deployment, status: DeploymentStatus): boolean {
  const replicas = spec?.replicas ?? 0;
  return (
    (status.updatedReplicas ?? 0) === replicas &&
    (status.replicas ?? 0) === replicas &&
    (status.availableReplicas ?? 0) === replicas &&
    (status.observedGeneration ?? 0) >= (metadata?.generation ?? 0)
  );
}

function withProgress(view: DeploymentView, counted: DeploymentStatus): DeploymentCondition[] {
  const { deployment, current, now, overdue } = view;
  const conditions = counted.conditions ?? [];
  const last = progressing(counted);
  const settled = (counted.replicas ?? 0) === (counted.updatedReplicas ?? 0);
  if (settled && last?.reason === "NewReplicaSetAvailable") return conditions;
  const name = current?.metadata?.name;
  const subject = name ? `ReplicaSet "${name}"` : `Deployment "${deployment.metadata?.name}"`;
  const is = (status: "True" | "False", [reason, message]: readonly [string, string]) =>
    condition(now, { type: "Progressing", status, reason, message: `${subject} ${message}` });
  if (isComplete(deployment, counted)) {
    const done = is("True", ["NewReplicaSetAvailable", "has successfully progressed."]);
    return setCondition(conditions, done);
  }
  if (madeProgress(deployment.status ?? {}, counted)) {
    // Set even where status and reason are the same: its update time restarts the deadline.
    const moving = is("True", ["ReplicaSetUpdated", "is progressing."]);
    return [...conditions.filter((one) => one !== last), keepTransition(last, moving)];
  }
  if (!overdue) return conditions;
  const late = is("False", ["ProgressDeadlineExceeded", "has timed out progressing."]);
  return setCondition(conditions, late);
}

function madeProgress(before: DeploymentStatus, after: DeploymentStatus): boolean {
  const outdated = ({ replicas = 0, updatedReplicas = 0 }: DeploymentStatus): number =>
    replicas - updatedReplicas;
  return (
    (after.updatedReplicas ?? 0) > (before.updatedReplicas ?? 0) ||
    outdated(after) < outdated(before) ||
    (after.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
    (after.availableReplicas ?? 0) > (before.availableReplicas ?? 0)
  );
}

/** A ReplicaSet that cannot make its pods lends the Deployment its condition. */
function withFailure(
  conditions: readonly DeploymentCondition[],
  replicaSets: readonly ReplicaSet[],
): DeploymentCondition[] {
  for (const { status } of replicaSets) {
    const failure = status?.conditions?.find(({ type }) => type === "ReplicaFailure");
    if (failure === undefined) continue;
    const { lastTransitionTime } = failure;
    const lastUpdateTime = lastTransitionTime;
    const lent = { ...failure, ...(lastUpdateTime !== undefined && { lastUpdateTime }) };
    return setCondition(conditions, lent);
  }
  return conditions.filter(({ type }) => type !== "ReplicaFailure");
}
