import type { Deployment, Pod, ReplicaSet } from "#api/object.ts";
import { isTerminal } from "#api/pod.ts";
import type { ReplicaSetWriter } from "./replica-set-writer.ts";
import { currentSize, isRolling, oldSizes, replicasOf, uidOf, wanted } from "./rollout.ts";
import { isComplete } from "./status.ts";

/** One step of a rollout. */
export interface Step {
  readonly deployment: Deployment;
  /** Absent before the template was first rolled out. */
  readonly current: ReplicaSet | undefined;
  readonly old: readonly ReplicaSet[];
  readonly podsOf: (replicaSet: ReplicaSet) => readonly Pod[];
  readonly writer: ReplicaSetWriter;
}

/** Goes one step on, as the Deployment's strategy says. Answers the current ReplicaSet, once there is one. */
export function stepRollout(step: Step): Promise<ReplicaSet | undefined> {
  return isRolling(step.deployment) ? stepRolling(step) : stepRecreate(step);
}

async function ensureCurrent({ deployment, current, old, writer }: Step): Promise<ReplicaSet> {
  if (current === undefined) return await writer.create(deployment, old);
  return await writer.revise(deployment, current, old);
}

/** New pods up to the ceiling first; then old ones down to the floor. */
async function stepRolling(step: Step): Promise<ReplicaSet> {
  const { deployment, old, writer } = step;
  const current = await ensureCurrent(step);
  const size = currentSize({ deployment, current, old });
  const grown = await writer.resize(deployment, [current], sized(current, size));
  if (grown) return current;
  const shrunk = await writer.resize(deployment, old, oldSizes({ deployment, current, old }));
  if (!shrunk) await finish(step);
  return current;
}

/** No new pod before the last old one has ended. */
async function stepRecreate(step: Step): Promise<ReplicaSet | undefined> {
  const { deployment, old, podsOf, writer } = step;
  const none = new Map(old.filter((one) => wanted(one) > 0).map((one) => [uidOf(one), 0]));
  if (await writer.resize(deployment, old, none)) return step.current;
  if (old.some((one) => podsOf(one).some((pod) => !isTerminal(pod)))) return step.current;
  const current = await ensureCurrent(step);
  await writer.resize(deployment, [current], sized(current, replicasOf(deployment)));
  await finish(step);
  return current;
}

async function finish({ deployment, old, writer }: Step): Promise<void> {
  if (isComplete(deployment, deployment.status ?? {})) await writer.cleanUp(deployment, old);
}

/** Only a change of size is asked for: annotations of an unchanged one stay. */
function sized(replicaSet: ReplicaSet, size: number): ReadonlyMap<string, number> {
  return size === wanted(replicaSet) ? new Map() : new Map([[uidOf(replicaSet), size]]);
}
