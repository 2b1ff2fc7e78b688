import type {
  CSIDriver,
  CSINode,
  CSIStorageCapacity,
  StorageClass,
  VolumeAttachment,
  VolumeAttributesClass,
} from "../object.ts";
import type { Column } from "../resource.ts";
import { AGE, boolean, fieldText, integer, nameWithDefault, text } from "./column.ts";

const V1 = "io.k8s.api.storage.v1";

const ofClass = (field: string) => fieldText(`${V1}.StorageClass`, field);

/** The columns of `kubectl get storageclasses`. */
export const STORAGE_CLASS_COLUMNS: readonly Column<StorageClass>[] = [
  nameWithDefault(
    "storageclass.kubernetes.io/is-default-class",
    "storageclass.beta.kubernetes.io/is-default-class",
  ),
  text(
    { name: "Provisioner", description: ofClass("provisioner") },
    ({ provisioner }) => provisioner,
  ),
  text(
    { name: "ReclaimPolicy", description: ofClass("reclaimPolicy") },
    ({ reclaimPolicy }) => reclaimPolicy ?? "Delete",
  ),
  text(
    { name: "VolumeBindingMode", description: ofClass("volumeBindingMode") },
    ({ volumeBindingMode }) => volumeBindingMode ?? "Immediate",
  ),
  text(
    { name: "AllowVolumeExpansion", description: ofClass("allowVolumeExpansion") },
    ({ allowVolumeExpansion }) => allowVolumeExpansion ?? false,
  ),
  AGE,
];

/** The columns of `kubectl get volumeattributesclasses`. */
export const VOLUME_ATTRIBUTES_CLASS_COLUMNS: readonly Column<VolumeAttributesClass>[] = [
  nameWithDefault("volumeattributesclass.alpha.kubernetes.io/is-default-class"),
  text(
    { name: "DriverName", description: fieldText(`${V1}.VolumeAttributesClass`, "driverName") },
    ({ driverName }) => driverName,
  ),
  AGE,
];

/** The columns of `kubectl get volumeattachments`. */
export const VOLUME_ATTACHMENT_COLUMNS: readonly Column<VolumeAttachment>[] = [
  {
    ...text<VolumeAttachment>(
      { name: "Attacher", description: fieldText(`${V1}.VolumeAttachmentSpec`, "attacher") },
      ({ spec }) => spec.attacher,
    ),
    format: "name",
  },
  text(
    {
      name: "PV",
      description: fieldText(`${V1}.VolumeAttachmentSource`, "persistentVolumeName"),
    },
    ({ spec }) => spec.source.persistentVolumeName ?? "",
  ),
  text(
    { name: "Node", description: fieldText(`${V1}.VolumeAttachmentSpec`, "nodeName") },
    ({ spec }) => spec.nodeName,
  ),
  boolean(
    { name: "Attached", description: fieldText(`${V1}.VolumeAttachmentStatus`, "attached") },
    ({ status }) => status?.attached ?? false,
  ),
  AGE,
];

const ofDriver = (field: string) => fieldText(`${V1}.CSIDriverSpec`, field);

/** The columns of `kubectl get csidrivers`. */
export const CSI_DRIVER_COLUMNS: readonly Column<CSIDriver>[] = [
  boolean(
    { name: "AttachRequired", description: ofDriver("attachRequired") },
    ({ spec }) => spec.attachRequired ?? true,
  ),
  boolean(
    { name: "PodInfoOnMount", description: ofDriver("podInfoOnMount") },
    ({ spec }) => spec.podInfoOnMount ?? false,
  ),
  boolean(
    { name: "StorageCapacity", description: ofDriver("storageCapacity") },
    ({ spec }) => spec.storageCapacity ?? false,
  ),
  text(
    { name: "TokenRequests", description: ofDriver("tokenRequests") },
    ({ spec: { tokenRequests = [] } }) =>
      tokenRequests.length > 0
        ? tokenRequests.map(({ audience }) => audience).join(",")
        : "<unset>",
  ),
  boolean(
    { name: "RequiresRepublish", description: ofDriver("requiresRepublish") },
    ({ spec }) => spec.requiresRepublish ?? false,
  ),
  text(
    { name: "Modes", description: ofDriver("volumeLifecycleModes") },
    ({ spec }) => (spec.volumeLifecycleModes ?? []).join(",") || "<none>",
  ),
  AGE,
];

/** The columns of `kubectl get csinodes`. */
export const CSI_NODE_COLUMNS: readonly Column<CSINode>[] = [
  integer(
    {
      name: "Drivers",
      description: "Drivers indicates the number of CSI drivers registered on the node",
    },
    ({ spec }) => spec.drivers?.length ?? 0,
  ),
  AGE,
];

const ofCapacity = (field: string) => fieldText(`${V1}.CSIStorageCapacity`, field);

/** The columns of `kubectl get csistoragecapacities`. */
export const CSI_STORAGE_CAPACITY_COLUMNS: readonly Column<CSIStorageCapacity>[] = [
  text(
    { name: "StorageClassName", description: ofCapacity("storageClassName") },
    ({ storageClassName }) => storageClassName,
  ),
  text(
    { name: "Capacity", description: ofCapacity("capacity") },
    ({ capacity }) => capacity ?? "<unset>",
  ),
];
