import { amountsOf } from "#api/amounts.ts";
import type { PersistentVolumeClaim } from "#api/object.ts";
import { Quantity } from "#api/quantity.ts";
import {
  PERSISTENT_VOLUME_CLAIMS,
  PERSISTENT_VOLUMES,
  STORAGE_CLASSES,
  VOLUME_ATTRIBUTES_CLASSES,
} from "#api/resources.ts";
import { PV_PROTECTION, PVC_PROTECTION, VAC_PROTECTION } from "#api/storage-protection.ts";
import { claimClass } from "#api/volume-claims.ts";
import type { ObjectStore } from "#db/object-store.ts";
import { newestOf } from "../kind.ts";
import { type AdmissionPlugin, refused } from "./plugin.ts";

const FINALIZERS: ReadonlyMap<string, string> = new Map([
  [PERSISTENT_VOLUMES.plural, PV_PROTECTION],
  [PERSISTENT_VOLUME_CLAIMS.plural, PVC_PROTECTION],
  [VOLUME_ATTRIBUTES_CLASSES.plural, VAC_PROTECTION],
]);

/** Volumes, claims and their classes are kept while something uses them: a controller lets them go. */
export const storageObjectInUseProtection: AdmissionPlugin = {
  kinds: [PERSISTENT_VOLUMES, PERSISTENT_VOLUME_CLAIMS, VOLUME_ATTRIBUTES_CLASSES],
  mutate({ operation, target, object }) {
    const finalizer = FINALIZERS.get(target.resource.plural);
    if (operation !== "CREATE" || finalizer === undefined) return;
    const { finalizers = [], ...metadata } = object.metadata ?? {};
    const all = finalizers.includes(finalizer) ? finalizers : [...finalizers, finalizer];
    object.metadata = { ...metadata, finalizers: all };
  },
};

/** A claim may grow only where its StorageClass says that its volumes can. */
export function persistentVolumeClaimResize(
  store: ObjectStore,
): AdmissionPlugin<PersistentVolumeClaim> {
  const place = { resource: STORAGE_CLASSES, namespace: "" };
  const expands = (name = ""): boolean =>
    newestOf(store, place, name)?.allowVolumeExpansion === true;
  return {
    kinds: [PERSISTENT_VOLUME_CLAIMS],
    validate(request) {
      const { operation, object, current } = request;
      if (operation !== "UPDATE" || sizeOf(object).compare(sizeOf(current)) <= 0) return;
      const name = claimClass(object);
      if (name === claimClass(current) && expands(name)) return;
      throw refused(
        request,
        "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize",
      );
    },
  };
}

function sizeOf({ spec }: PersistentVolumeClaim): Quantity {
  return amountsOf(spec?.resources?.requests).get("storage") ?? Quantity.zero;
}
