import { isDeepStrictEqual } from "node:util";
import { type Deployment, nameOf, objectKey, type Pod, type ReplicaSet } from "#api/object.ts";
import { DEPLOYMENTS, PODS, REPLICA_SETS } from "#api/resources.ts";
import { matcherOf } from "#api/selector.ts";
import type { Client } from "#client/client.ts";
import { type Controller, createController, type Requeue } from "#client/controller.ts";
import type { Clock } from "#lib/clock.ts";
import { ownerKey, queueItself, queueOwners } from "../children.ts";
import { type ControllerDeps, equip } from "../deps.ts";
import { childrenOf, claim, indexByController } from "../ownership.ts";
import { Progress } from "./progress.ts";
import { HashCollision, ReplicaSetWriter } from "./replica-set-writer.ts";
import { REVISION_ANNOTATION } from "./revision.ts";
import { byAge, isScaling, scaledSizes } from "./rollout.ts";
import {
  condition,
  countedStatus,
  type DeploymentStatus,
  hasDeadline,
  progressing,
  rolloutStatus,
  setCondition,
} from "./status.ts";
import { stepRollout } from "./strategy.ts";
import { sameTemplate } from "./template-hash.ts";

/** Rolls Deployments out through ReplicaSets. */
export function createDeploymentController(deps: ControllerDeps): Controller {
  const { informers, client, events, queue, clock, log } = equip(deps, "deployment-controller");
  const deployments = informers.informer(DEPLOYMENTS);
  const replicaSets = informers.informer(REPLICA_SETS);
  const pods = informers.informer(PODS);
  indexByController(replicaSets);
  indexByController(pods);

  const selectorOf = ({ spec }: Deployment) => matcherOf(spec?.selector);
  const owned = { owners: deployments, resource: DEPLOYMENTS };
  const ofPod = { owners: replicaSets, resource: REPLICA_SETS };
  const podGone = (pod: Pod): void => {
    // A Recreate rollout waits for the last old pod.
    const parent = replicaSets.get(ownerKey(ofPod, pod) ?? "");
    const key = parent && ownerKey(owned, parent);
    if (key !== undefined) queue.add(key);
  };
  const removals = [
    deployments.addHandler(queueItself(queue)),
    replicaSets.addHandler(queueOwners({ ...owned, matcherOf: selectorOf, queue })),
    pods.addHandler({ deleted: podGone }),
  ];

  const progress = new Progress(clock);
  const rounds = new Rounds({
    client,
    clock,
    progress,
    writer: new ReplicaSetWriter({ client, events }),
    podsOf: (replicaSet) => childrenOf(pods, replicaSet),
  });

  return createController({
    name: "deployment",
    async reconcile(key) {
      const deployment = deployments.get(key);
      if (deployment === undefined) {
        progress.forget(key);
        return undefined;
      }
      const claimed = await claim({
        client,
        owner: deployment,
        ownerResource: DEPLOYMENTS,
        childResource: REPLICA_SETS,
        children: replicaSets,
        matcher: selectorOf(deployment),
      });
      return await rounds.run(deployment, claimed);
    },
    queue,
    log,
    workers: 5,
    synced: [deployments.synced, replicaSets.synced, pods.synced],
    removals,
  });
}

interface RoundsOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly progress: Progress;
  readonly writer: ReplicaSetWriter;
  readonly podsOf: (replicaSet: ReplicaSet) => readonly Pod[];
}

/** What there is of a Deployment at the start of a round. */
interface Family {
  /** The status as it is stored: what is not different from it is not written. */
  readonly stored: DeploymentStatus | undefined;
  readonly current: ReplicaSet | undefined;
  readonly old: readonly ReplicaSet[];
}

class Rounds {
  readonly #options: RoundsOptions;

  constructor(options: RoundsOptions) {
    this.#options = options;
  }

  async run(stored: Deployment, owned: readonly ReplicaSet[]): Promise<Requeue | undefined> {
    const family = split(stored, owned);
    if (stored.metadata?.deletionTimestamp !== undefined) {
      await this.#writeStatus(stored, this.#counted(stored, family), family);
      return undefined;
    }
    const deployment = withPause(stored, this.#options.clock.now());
    if (deployment.spec?.paused || isScaling(deployment, owned)) {
      await this.#resize(deployment, family);
      return undefined;
    }
    return await this.#roll(deployment, family);
  }

  async #resize(deployment: Deployment, family: Family): Promise<void> {
    const { current, old } = family;
    const { writer } = this.#options;
    const revised = current && (await writer.revise(deployment, current, old));
    const all = revised ? [...old, revised] : old;
    await writer.resize(deployment, all, scaledSizes({ deployment, current: revised, old }));
    if (deployment.spec?.paused) await writer.cleanUp(deployment, old);
    const status = this.#counted(deployment, { ...family, current: revised });
    await this.#writeStatus(deployment, status, family);
  }

  async #roll(deployment: Deployment, family: Family): Promise<Requeue | undefined> {
    const { clock, progress, writer, podsOf } = this.#options;
    const now = clock.now();
    let current: ReplicaSet | undefined;
    try {
      current = await stepRollout({ deployment, ...family, podsOf, writer });
    } catch (error) {
      if (!(error instanceof HashCollision)) throw error;
      const { status } = deployment;
      const collisionCount = (status?.collisionCount ?? 0) + 1;
      await this.#writeStatus(deployment, { ...status, collisionCount }, family);
      return undefined;
    }
    const created = family.current === undefined && current !== undefined;
    const told = created && current ? withCreated(deployment, current, now) : deployment;
    const revised = await this.#adoptRevision(told, current);
    const key = objectKey(deployment);
    const leftMs = progress.leftMs(key, revised);
    const overdue = leftMs !== undefined && leftMs <= 0;
    const view = { deployment: revised, current, old: family.old, now, overdue };
    await this.#writeStatus(revised, rolloutStatus(view), family);
    return leftMs === undefined || overdue ? undefined : { requeueAfterMs: leftMs };
  }

  #counted(deployment: Deployment, family: Family): DeploymentStatus {
    const now = this.#options.clock.now();
    return countedStatus({ deployment, ...family, now, overdue: false });
  }

  /**
   * The Deployment carries the revision of its current ReplicaSet, for `kubectl rollout history`;
   * written with its status, as its generation counts annotations that others change.
   */
  async #adoptRevision(
    deployment: Deployment,
    current: ReplicaSet | undefined,
  ): Promise<Deployment> {
    const revision = current?.metadata?.annotations?.[REVISION_ANNOTATION];
    const present = deployment.metadata?.annotations?.[REVISION_ANNOTATION];
    if (revision === undefined || revision === present) return deployment;
    const annotations = { ...deployment.metadata?.annotations, [REVISION_ANNOTATION]: revision };
    const { metadata } = await this.#options.client.updateStatus(DEPLOYMENTS, {
      ...deployment,
      metadata: { ...deployment.metadata, annotations },
    });
    return { ...deployment, ...(metadata && { metadata }) };
  }

  /** Writes only what differs from what is stored, which the API would count as a change. */
  async #writeStatus(
    deployment: Deployment,
    status: DeploymentStatus,
    { stored }: Family,
  ): Promise<void> {
    if (isDeepStrictEqual(status, stored)) return;
    await this.#options.client.updateStatus(DEPLOYMENTS, { ...deployment, status });
  }
}

function split(deployment: Deployment, owned: readonly ReplicaSet[]): Family {
  const template = deployment.spec?.template ?? {};
  const all = owned.toSorted(byAge);
  // Should there be two, the elder is the one that all agree on.
  const current = all.find(({ spec }) => sameTemplate(spec?.template ?? {}, template));
  const old = all.filter((replicaSet) => replicaSet !== current);
  return { stored: deployment.status, current, old };
}

/** A pause stops the clock of the progress deadline, and its end restarts it. */
function withPause(deployment: Deployment, now: Date): Deployment {
  const paused = deployment.spec?.paused === true;
  const reason = progressing(deployment.status ?? {})?.reason;
  const knows = reason === "DeploymentPaused";
  if (!hasDeadline(deployment) || reason === "ProgressDeadlineExceeded" || paused === knows) {
    return deployment;
  }
  return withProgressing(deployment, now, {
    status: "Unknown",
    reason: paused ? "DeploymentPaused" : "DeploymentResumed",
    message: paused ? "Deployment is paused" : "Deployment is resumed",
  });
}

function withCreated(deployment: Deployment, current: ReplicaSet, now: Date): Deployment {
  if (!hasDeadline(deployment)) return deployment;
  return withProgressing(deployment, now, {
    status: "True",
    reason: "NewReplicaSetCreated",
    message: `Created new replica set "${nameOf(current)}"`,
  });
}

function withProgressing(
  deployment: Deployment,
  now: Date,
  what: { readonly status: string; readonly reason: string; readonly message: string },
): Deployment {
  const { status } = deployment;
  const next = condition(now, { type: "Progressing", ...what });
  return {
    ...deployment,
    status: { ...status, conditions: setCondition(status?.conditions ?? [], next) },
  };
}
