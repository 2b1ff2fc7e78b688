import type * as objects from "../object.ts";
import { row, statusOf } from "./row.ts";

export const STORAGE_CLASSES = row<objects.StorageClass>({
  group: "storage.k8s.io",
  version: "v1",
  kind: "StorageClass",
  plural: "storageclasses",
  namespaced: false,
  definition: "io.k8s.api.storage.v1.StorageClass",
  shortNames: ["sc"],
});

export const VOLUME_ATTACHMENTS = row<objects.VolumeAttachment>({
  group: "storage.k8s.io",
  version: "v1",
  kind: "VolumeAttachment",
  plural: "volumeattachments",
  namespaced: false,
  definition: "io.k8s.api.storage.v1.VolumeAttachment",
  subresources: [statusOf({ kind: "VolumeAttachment", group: "storage.k8s.io" })],
});

export const CSI_DRIVERS = row<objects.CSIDriver>({
  group: "storage.k8s.io",
  version: "v1",
  kind: "CSIDriver",
  plural: "csidrivers",
  namespaced: false,
  definition: "io.k8s.api.storage.v1.CSIDriver",
  hasGeneration: true,
});

export const CSI_NODES = row<objects.CSINode>({
  group: "storage.k8s.io",
  version: "v1",
  kind: "CSINode",
  plural: "csinodes",
  namespaced: false,
  definition: "io.k8s.api.storage.v1.CSINode",
});

export const CSI_STORAGE_CAPACITIES = row<objects.CSIStorageCapacity>({
  group: "storage.k8s.io",
  version: "v1",
  kind: "CSIStorageCapacity",
  plural: "csistoragecapacities",
  namespaced: true,
  definition: "io.k8s.api.storage.v1.CSIStorageCapacity",
});

export const VOLUME_ATTRIBUTES_CLASSES = row<objects.VolumeAttributesClass>({
  group: "storage.k8s.io",
  version: "v1",
  kind: "VolumeAttributesClass",
  plural: "volumeattributesclasses",
  namespaced: false,
  definition: "io.k8s.api.storage.v1.VolumeAttributesClass",
  shortNames: ["vac"],
});
