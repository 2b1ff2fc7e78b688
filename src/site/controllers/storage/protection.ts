import type { KubeObject, PersistentVolume, PersistentVolumeClaim, Pod } from "#api/object.ts";
import type { Resource } from "#api/resource.ts";
import {
  PERSISTENT_VOLUME_CLAIMS,
  PERSISTENT_VOLUMES,
  PODS,
  VOLUME_ATTRIBUTES_CLASSES,
} from "#api/resources.ts";
import { PV_PROTECTION, PVC_PROTECTION, VAC_PROTECTION } from "#api/storage-protection.ts";
import type { Client } from "#client/client.ts";
import { type Controller, createController } from "#client/controller.ts";
import type { InformerHandler } from "#client/informer.ts";
import { queueItself } from "../children.ts";
import { type ControllerDeps, equip } from "../deps.ts";

const BY_CLAIM = "protection/claim";
const BY_CLASS = "protection/class";

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

/** Lets a VolumeAttributesClass that is deleted go once no claim and no volume names it. */
export function createClassProtectionController(deps: ControllerDeps): Controller {
  const user = "volumeattributesclass-protection-controller";
  const { informers, client, queue, log } = equip(deps, user);
  const classes = informers.informer(VOLUME_ATTRIBUTES_CLASSES);
  const claims = informers.informer(PERSISTENT_VOLUME_CLAIMS);
  const volumes = informers.informer(PERSISTENT_VOLUMES);
  claims.addIndex(BY_CLASS, classesOfClaim);
  volumes.addIndex(BY_CLASS, classesOfVolume);
  const queueLeft = <T extends KubeObject>(
    classesOf: (object: T) => readonly string[],
  ): InformerHandler<T> => ({
    updated(next, previous) {
      const now = new Set(classesOf(next));
      for (const name of classesOf(previous)) if (!now.has(name)) queue.add(name);
    },
    deleted(object) {
      for (const name of classesOf(object)) queue.add(name);
    },
  });
  const isUsed = (name: string): boolean =>
    [volumes, claims].some((users) => users.byIndex(BY_CLASS, name).length > 0);

  return createController({
    name: "volumeattributesclass-protection",
    async reconcile(name) {
      const object = classes.get(name);
      if (object === undefined) return undefined;
      const kind = { resource: VOLUME_ATTRIBUTES_CLASSES, finalizer: VAC_PROTECTION };
      return await keepOrRelease({ client, ...kind }, { object, isUsed: isUsed(name) });
    },
    queue,
    log,
    synced: [classes.synced, claims.synced, volumes.synced],
    removals: [
      classes.addHandler(queueItself(queue)),
      claims.addHandler(queueLeft(classesOfClaim)),
      volumes.addHandler(queueLeft(classesOfVolume)),
    ],
  });
}

/** The classes that a claim has, wants or is about to have. */
function classesOfClaim({ spec, status }: PersistentVolumeClaim): readonly string[] {
  const names = [
    spec?.volumeAttributesClassName,
    status?.currentVolumeAttributesClassName,
    status?.modifyVolumeStatus?.targetVolumeAttributesClassName,
  ];
  return [...new Set(names)].flatMap((name) => name || []);
}

function classesOfVolume({ spec }: PersistentVolume): readonly string[] {
  return spec?.volumeAttributesClassName ? [spec.volumeAttributesClassName] : [];
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
