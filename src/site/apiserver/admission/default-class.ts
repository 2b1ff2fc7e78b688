import type { Ingress, KubeObject, PersistentVolumeClaim } from "#api/object.ts";
import { nameOf } from "#api/object.ts";
import type { Resource } from "#api/resource.ts";
import {
  INGRESS_CLASSES,
  INGRESSES,
  PERSISTENT_VOLUME_CLAIMS,
  STORAGE_CLASSES,
} from "#api/resources.ts";
import { claimClass } from "#api/volume-claims.ts";
import type { ObjectStore } from "#db/object-store.ts";
import { collectionOf } from "../kind.ts";
import type { AdmissionPlugin } from "./plugin.ts";

/** Claims that leave their class to others get the default StorageClass. */
export function defaultStorageClass(store: ObjectStore): AdmissionPlugin<PersistentVolumeClaim> {
  const marks = [
    "storageclass.kubernetes.io/is-default-class",
    "storageclass.beta.kubernetes.io/is-default-class",
  ];
  return {
    kinds: [PERSISTENT_VOLUME_CLAIMS],
    mutate({ operation, object }) {
      if (operation !== "CREATE" || claimClass(object) !== undefined) return;
      const name = defaultOf(store, { resource: STORAGE_CLASSES, marks });
      if (name !== undefined) object.spec = { ...object.spec, storageClassName: name };
    },
  };
}

/** Ingresses that leave their class to others get the default IngressClass. */
export function defaultIngressClass(store: ObjectStore): AdmissionPlugin<Ingress> {
  const marks = ["ingressclass.kubernetes.io/is-default-class"];
  return {
    kinds: [INGRESSES],
    mutate({ operation, object }) {
      if (operation !== "CREATE" || object.spec?.ingressClassName !== undefined) return;
      if (object.metadata?.annotations?.["kubernetes.io/ingress.class"] !== undefined) return;
      const name = defaultOf(store, { resource: INGRESS_CLASSES, marks });
      if (name !== undefined) object.spec = { ...object.spec, ingressClassName: name };
    },
  };
}

/** The class that one of the annotations marks as default; the newest, then the first by name. */
function defaultOf(
  store: ObjectStore,
  { resource, marks }: { resource: Resource; marks: readonly string[] },
): string | undefined {
  const created = ({ metadata }: KubeObject): string => metadata?.creationTimestamp ?? "";
  const [first] = store
    .list(collectionOf(resource))
    .items.map(({ value }) => value)
    .filter(({ metadata }) => marks.some((mark) => metadata?.annotations?.[mark] === "true"))
    .toSorted((a, b) => created(b).localeCompare(created(a)));
  return first && nameOf(first);
}
