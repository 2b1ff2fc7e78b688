import type { PersistentVolume, PersistentVolumeClaim } from "../object.ts";
import { canonicalQuantity } from "../quantity.ts";
import type { Column } from "../resource.ts";
import { AGE, fieldText, text, wide } from "./column.ts";

const MODES = [
  ["ReadWriteOnce", "RWO"],
  ["ReadOnlyMany", "ROX"],
  ["ReadWriteMany", "RWX"],
  ["ReadWriteOncePod", "RWOP"],
] as const;

/** Access modes in short, each once, in Kubernetes' own order. */
function modesText(modes: readonly string[] | undefined): string {
  return MODES.filter(([mode]) => modes?.includes(mode))
    .map(([, short]) => short)
    .join(",");
}

const storageOf = (amounts: Readonly<Record<string, string>> | undefined) =>
  canonicalQuantity(amounts?.["storage"] ?? "0");

const CLASS_ANNOTATION = "volume.beta.kubernetes.io/storage-class";

/** The class that the annotation of old names, else the field. */
function classOf({ metadata, spec }: PersistentVolume | PersistentVolumeClaim): string {
  return metadata?.annotations?.[CLASS_ANNOTATION] ?? spec?.storageClassName ?? "";
}

/** An object that is being deleted is Terminating, whatever its phase. */
function phaseOf({ metadata, status }: PersistentVolume | PersistentVolumeClaim): string {
  if (metadata?.deletionTimestamp !== undefined) return "Terminating";
  return status?.phase ?? "";
}

const ofVolume = (field: string) => fieldText("io.k8s.api.core.v1.PersistentVolumeSpec", field);
const ofVolumeStatus = (field: string) =>
  fieldText("io.k8s.api.core.v1.PersistentVolumeStatus", field);

/** The columns of `kubectl get persistentvolumes`. */
export const PERSISTENT_VOLUME_COLUMNS: readonly Column<PersistentVolume>[] = [
  text({ name: "Capacity", description: ofVolume("capacity") }, ({ spec }) =>
    storageOf(spec?.capacity),
  ),
  text({ name: "Access Modes", description: ofVolume("accessModes") }, ({ spec }) =>
    modesText(spec?.accessModes),
  ),
  text(
    { name: "Reclaim Policy", description: ofVolume("persistentVolumeReclaimPolicy") },
    ({ spec }) => spec?.persistentVolumeReclaimPolicy ?? "",
  ),
  text({ name: "Status", description: ofVolumeStatus("phase") }, phaseOf),
  text(
    {
      name: "Claim",
      description:
        "claimRef is part of a bi-directional binding between PersistentVolume and PersistentVolumeClaim. Expected to be non-nil when bound. claim.VolumeName is the authoritative bind between PV and PVC. More info: https://kubernetes.io/docs/concepts/storage/persistent-volumes#binding",
    },
    ({ spec }) => {
      const { namespace = "", name = "" } = spec?.claimRef ?? {};
      return spec?.claimRef === undefined ? "" : `${namespace}/${name}`;
    },
  ),
  text({ name: "StorageClass", description: "StorageClass of the pv" }, classOf),
  text(
    { name: "VolumeAttributesClass", description: "VolumeAttributesClass of the pv" },
    ({ spec }) => spec?.volumeAttributesClassName ?? "<unset>",
  ),
  text(
    { name: "Reason", description: ofVolumeStatus("reason") },
    ({ status }) => status?.reason ?? "",
  ),
  AGE,
  wide(
    text(
      { name: "VolumeMode", description: ofVolume("volumeMode") },
      ({ spec }) => spec?.volumeMode ?? "<unset>",
    ),
  ),
];

const ofClaim = (field: string) => fieldText("io.k8s.api.core.v1.PersistentVolumeClaimSpec", field);
const ofClaimStatus = (field: string) =>
  fieldText("io.k8s.api.core.v1.PersistentVolumeClaimStatus", field);

const isBound = ({ spec }: PersistentVolumeClaim) => Boolean(spec?.volumeName);

/** The columns of `kubectl get persistentvolumeclaims`; a claim without a volume has no size yet. */
export const PERSISTENT_VOLUME_CLAIM_COLUMNS: readonly Column<PersistentVolumeClaim>[] = [
  text({ name: "Status", description: ofClaimStatus("phase") }, phaseOf),
  text(
    { name: "Volume", description: ofClaim("volumeName") },
    ({ spec }) => spec?.volumeName ?? "",
  ),
  text({ name: "Capacity", description: ofClaimStatus("capacity") }, (claim) =>
    isBound(claim) ? storageOf(claim.status?.capacity) : "",
  ),
  text({ name: "Access Modes", description: ofClaimStatus("accessModes") }, (claim) =>
    isBound(claim) ? modesText(claim.status?.accessModes) : "",
  ),
  text({ name: "StorageClass", description: "StorageClass of the pvc" }, classOf),
  text(
    { name: "VolumeAttributesClass", description: "VolumeAttributesClass of the pvc" },
    ({ spec }) => spec?.volumeAttributesClassName ?? "<unset>",
  ),
  AGE,
  wide(
    text(
      { name: "VolumeMode", description: ofClaim("volumeMode") },
      ({ spec }) => spec?.volumeMode ?? "<unset>",
    ),
  ),
];
