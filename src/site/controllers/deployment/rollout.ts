import type { Deployment, ReplicaSet } from "#api/object.ts";

/** How many pods a ReplicaSet should have, by its UID. Those that are absent stay as they are. */
export type Sizes = ReadonlyMap<string, number>;

/** A Deployment with its ReplicaSets, as the planners see it. */
export interface Rollout {
  readonly deployment: Deployment;
  /** The one with the current template. */
  readonly current: ReplicaSet;
  /** All others, oldest first. */
  readonly old: readonly ReplicaSet[];
}

export const uidOf = ({ metadata }: ReplicaSet): string => metadata?.uid ?? "";
export const wanted = ({ spec }: ReplicaSet): number => spec?.replicas ?? 0;
export const available = ({ status }: ReplicaSet): number => status?.availableReplicas ?? 0;
export const replicasOf = ({ spec }: Deployment): number => spec?.replicas ?? 0;

export function sum(
  replicaSets: readonly ReplicaSet[],
  count: (replicaSet: ReplicaSet) => number,
): number {
  return replicaSets.reduce((total, replicaSet) => total + count(replicaSet), 0);
}

export function isRolling({ spec }: Deployment): boolean {
  return spec?.strategy?.type !== "Recreate";
}

/** Pods above and below the wanted number that a rollout may use (Kubernetes `ResolveFenceposts`). */
export function fenceposts(deployment: Deployment): { surge: number; unavailable: number } {
  const replicas = replicasOf(deployment);
  if (!isRolling(deployment) || replicas === 0) return { surge: 0, unavailable: 0 };
  const { maxSurge, maxUnavailable } = deployment.spec?.strategy?.rollingUpdate ?? {};
  const surge = share(maxSurge, replicas, Math.ceil);
  const unavailable = share(maxUnavailable, replicas, Math.floor);
  // Both zero could never move; validation forbids it, percentages of few pods reach it.
  if (surge === 0 && unavailable === 0) return { surge, unavailable: 1 };
  return { surge, unavailable: Math.min(unavailable, replicas) };
}

/** The most pods there may be during a rollout. */
export function ceilingOf(deployment: Deployment): number {
  return replicasOf(deployment) + fenceposts(deployment).surge;
}

function share(
  value: number | string | undefined,
  replicas: number,
  round: (value: number) => number,
): number {
  if (typeof value === "number") return value;
  // Multiplied before it is divided: 0.1 has no exact double and ceil would see the rest.
  return round((Number.parseInt(value ?? "25%", 10) * replicas) / 100);
}

/** The size of the current ReplicaSet that keeps the total under its ceiling (`NewRSNewReplicas`). */
export function currentSize({ deployment, current, old }: PartialRollout): number {
  const replicas = replicasOf(deployment);
  if (!isRolling(deployment)) return replicas;
  const size = current === undefined ? 0 : wanted(current);
  if (size >= replicas) return replicas;
  const room = ceilingOf(deployment) - sum(old, wanted) - size;
  return room <= 0 ? size : size + Math.min(room, replicas - size);
}

interface PartialRollout extends Omit<Rollout, "current"> {
  /** Absent before it was made. */
  readonly current: ReplicaSet | undefined;
}

/** Smaller sizes of the old ReplicaSets that keep enough pods available (`reconcileOldReplicaSets`). */
export function oldSizes({ deployment, current, old }: Rollout): Sizes {
  const sizes = new Map<string, number>();
  const all = [...old, current];
  if (sum(old, wanted) === 0) return sizes;
  const minAvailable = replicasOf(deployment) - fenceposts(deployment).unavailable;
  const unavailable = wanted(current) - available(current);
  let removable = sum(all, wanted) - minAvailable - unavailable;
  if (removable <= 0) return sizes;
  // Pods that do not work are not missed: they go first.
  for (const replicaSet of old) {
    const broken = Math.max(0, wanted(replicaSet) - available(replicaSet));
    const fewer = Math.min(broken, removable);
    if (fewer === 0) continue;
    sizes.set(uidOf(replicaSet), wanted(replicaSet) - fewer);
    removable -= fewer;
  }
  let surplus = sum(all, available) - minAvailable;
  for (const replicaSet of old) {
    const size = sizes.get(uidOf(replicaSet)) ?? wanted(replicaSet);
    const fewer = Math.min(size, Math.max(0, surplus));
    if (fewer === 0) continue;
    sizes.set(uidOf(replicaSet), size - fewer);
    surplus -= fewer;
  }
  return sizes;
}

export const DESIRED_ANNOTATION = "deployment.kubernetes.io/desired-replicas";
export const MAX_ANNOTATION = "deployment.kubernetes.io/max-replicas";

/** True when the Deployment was scaled since its ReplicaSets were last sized. */
export function isScaling(deployment: Deployment, replicaSets: readonly ReplicaSet[]): boolean {
  return replicaSets.some((replicaSet) => {
    const desired = replicaSet.metadata?.annotations?.[DESIRED_ANNOTATION];
    return (
      wanted(replicaSet) > 0 && desired !== undefined && Number(desired) !== replicasOf(deployment)
    );
  });
}

/**
 * The sizes after the Deployment was scaled, also in the middle of a rollout: each ReplicaSet
 * takes its share of the change, the largest the rest (Kubernetes `scale`, proportional scaling).
 */
export function scaledSizes({ deployment, current, old }: PartialRollout): Sizes {
  const all = current === undefined ? old : [...old, current];
  const active = all.filter((replicaSet) => wanted(replicaSet) > 0);
  const only = active.length > 1 ? undefined : (active[0] ?? current ?? old.at(-1));
  if (only) return new Map([[uidOf(only), replicasOf(deployment)]]);
  if (current && isSaturated(deployment, current)) {
    return new Map(old.filter((one) => wanted(one) > 0).map((one) => [uidOf(one), 0]));
  }
  return isRolling(deployment) ? proportionalSizes(deployment, active) : new Map();
}

/** The current ReplicaSet carries the whole Deployment by itself. */
function isSaturated(deployment: Deployment, current: ReplicaSet): boolean {
  const replicas = replicasOf(deployment);
  const desired = Number(current.metadata?.annotations?.[DESIRED_ANNOTATION] ?? Number.NaN);
  return wanted(current) === replicas && desired === replicas && available(current) === replicas;
}

function proportionalSizes(deployment: Deployment, active: readonly ReplicaSet[]): Sizes {
  const ceiling = replicasOf(deployment) > 0 ? ceilingOf(deployment) : 0;
  const change = ceiling - sum(active, wanted);
  const bySize = active.toSorted(
    (a, b) => wanted(b) - wanted(a) || (change > 0 ? -1 : 1) * byAge(a, b),
  );
  const sizes = new Map<string, number>();
  let done = 0;
  for (const replicaSet of bySize) {
    const left = change - done;
    const fair = fairShare(deployment, replicaSet);
    const part = change > 0 ? Math.min(Math.max(fair, 0), left) : Math.max(Math.min(fair, 0), left);
    sizes.set(uidOf(replicaSet), wanted(replicaSet) + part);
    done += part;
  }
  const [largest] = bySize;
  if (largest) {
    const size = (sizes.get(uidOf(largest)) ?? 0) + change - done;
    sizes.set(uidOf(largest), Math.max(0, size));
  }
  return sizes;
}

/** How much of a change is this ReplicaSet's, by its part of what the Deployment had before. */
function fairShare(deployment: Deployment, replicaSet: ReplicaSet): number {
  const size = wanted(replicaSet);
  if (replicasOf(deployment) === 0) return -size;
  const annotated = Number(replicaSet.metadata?.annotations?.[MAX_ANNOTATION] ?? 0);
  const before = annotated || deployment.status?.replicas || 0;
  if (before === 0) return 0;
  return Math.round((size * ceilingOf(deployment)) / before) - size;
}

/** Oldest first; of the same second, by name. */
export function byAge(a: ReplicaSet, b: ReplicaSet): number {
  const key = ({ metadata }: ReplicaSet): string =>
    `${metadata?.creationTimestamp ?? ""} ${metadata?.name ?? ""}`;
  if (key(a) === key(b)) return 0;
  return key(a) < key(b) ? -1 : 1;
}
