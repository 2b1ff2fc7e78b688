import type { KubeObject, PersistentVolume, Pod } from "#api/object.ts";
import type { Resource } from "#api/resource.ts";
import { PERSISTENT_VOLUME_CLAIMS, PERSISTENT_VOLUMES, PODS } from "#api/resources.ts";
import { PV_PROTECTION, PVC_PROTECTION } from "#api/storage-protection.ts";
import type { Client } from "#client/client.ts";
import { type Controller, createController } from "#client/controller.ts";
import { queueItself } from "../children.ts";
import { type ControllerDeps, equip } from "../deps.ts";

const BY_CLAIM = "protection/claim";

/** Lets a claim that is deleted go once no pod that has a node names it. */
export function createClaimProtectionController(deps: ControllerDeps): Controller {
  const { informers, client, queue, log } = equip(deps, "pvc-protection-controller");
  const claims = informers.informer(PERSISTENT_VOLUME_CLAIMS);
  const pods = informers.informer(PODS);
  pods.addIndex(BY_CLAIM, claimsOf);
  const queueClaims = (pod: Pod): void => {
    for (const key of claimsOf(pod)) if (claims.get(key)) queue.add(key);
  };
  const removals = [
    claims.addHandler(queueItself(queue)),
    pods.addHandler({
      updated: (next, previous) => {
        if (next.spec?.nodeName !== previous.spec?.nodeName) queueClaims(next);
      },
      deleted: queueClaims,
    }),
  ];
  const isUsed = (key: string): boolean =>
    pods.byIndex(BY_CLAIM, key).some(({ spec }) => Boolean(spec?.nodeName));

  return createController({
    name: "pvc-protection",
    async reconcile(key) {
      const object = claims.get(key);
      if (object === undefined) return undefined;
      const kind = { resource: PERSISTENT_VOLUME_CLAIMS, finalizer: PVC_PROTECTION };
      return await keepOrRelease({ client, ...kind }, { object, isUsed: isUsed(key) });
    },
    queue,
    log,
    synced: [claims.synced, pods.synced],
    removals,
  });
}

/** Lets a volume that is deleted go once no claim is bound to it. */
export function createVolumeProtectionController(deps: ControllerDeps): Controller {
  const { informers, client, queue, log } = equip(deps, "pv-protection-controller");
  const volumes = informers.informer(PERSISTENT_VOLUMES);
  return createController({
    name: "pv-protection",
    async reconcile(key) {
      const object: PersistentVolume | undefined = volumes.get(key);
      if (object === undefined) return undefined;
      const kind = { resource: PERSISTENT_VOLUMES, finalizer: PV_PROTECTION };
      const isUsed = object.status?.phase === "Bound";
      return await keepOrRelease({ client, ...kind }, { object, isUsed });
    },
    queue,
    log,
    synced: [volumes.synced],
    removals: [volumes.addHandler(queueItself(queue))],
  });
}

/** The claims that a pod mounts, by key; an ephemeral volume's is named after pod and volume. */
function claimsOf({ metadata, spec }: Pod): readonly string[] {
  const { name = "", namespace = "" } = metadata ?? {};
  return (spec?.volumes ?? []).flatMap(({ name: volume, persistentVolumeClaim, ephemeral }) => {
    if (persistentVolumeClaim) return `${namespace}/${persistentVolumeClaim.claimName}`;
    return ephemeral ? `${namespace}/${name}-${volume}` : [];
  });
}

async function keepOrRelease<T extends KubeObject>(
  { client, resource, finalizer }: { client: Client; resource: Resource<T>; finalizer: string },
  { object, isUsed }: { object: T; isUsed: boolean },
): Promise<undefined> {
  const { deletionTimestamp, finalizers = [] } = object.metadata ?? {};
  const protects = finalizers.includes(finalizer);
  const isGoing = deletionTimestamp !== undefined;
  if (isGoing ? !protects || isUsed : protects) return;
  const next = isGoing ? finalizers.filter((one) => one !== finalizer) : [...finalizers, finalizer];
  await client.update(resource, { ...object, metadata: { ...object.metadata, finalizers: next } });
}
