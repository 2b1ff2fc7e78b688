import * as columns from "../columns/storage.ts";
import { dropWaiting } from "../defaults/disabled.ts";
import {
  prepareVolumeAttachment,
  setCsiDriverDefaults,
  setCsiStorageCapacityDefaults,
  setStorageClassDefaults,
} from "../defaults/storage.ts";
import { CHANGED_THEN_NEW, NEW, NEW_THEN_CHANGED, NEW_TWICE } from "../looks.ts";
import type * as objects from "../object.ts";
import * as csi from "../validation/csi.ts";
import * as validation from "../validation/storage.ts";
import { OWN_METADATA, row, statusOf } from "./row.ts";

export const STORAGE_CLASSES = row<objects.StorageClass>({
  group: "storage.k8s.io",
  version: "v1",
  kind: "StorageClass",
  plural: "storageclasses",
  namespaced: false,
  definition: "io.k8s.api.storage.v1.StorageClass",
  changeLooks: NEW_THEN_CHANGED,
  shortNames: ["sc"],
  columns: columns.STORAGE_CLASS_COLUMNS,
  setDefaults: setStorageClassDefaults,
  validate: validation.validateStorageClass,
  validateUpdate: validation.validateStorageClassUpdate,
});

export const VOLUME_ATTACHMENTS = row<objects.VolumeAttachment>({
  group: "storage.k8s.io",
  version: "v1",
  kind: "VolumeAttachment",
  plural: "volumeattachments",
  namespaced: false,
  definition: "io.k8s.api.storage.v1.VolumeAttachment",
  statusKeeps: OWN_METADATA,
  changeLooks: NEW_TWICE,
  statusLooks: NEW_TWICE,
  needsVersion: true,
  subresources: [statusOf({ kind: "VolumeAttachment", group: "storage.k8s.io" })],
  columns: columns.VOLUME_ATTACHMENT_COLUMNS,
  prepareForCreate: prepareVolumeAttachment,
  validate: validation.validateVolumeAttachment,
  validateCreate: validation.validateNewVolumeAttachment,
  validateUpdate: validation.validateVolumeAttachmentUpdate,
});

export const CSI_DRIVERS = row<objects.CSIDriver>({
  group: "storage.k8s.io",
  version: "v1",
  kind: "CSIDriver",
  plural: "csidrivers",
  namespaced: false,
  definition: "io.k8s.api.storage.v1.CSIDriver",
  needsVersion: true,
  hasGeneration: true,
  columns: columns.CSI_DRIVER_COLUMNS,
  setDefaults: setCsiDriverDefaults,
  prepareForCreate: dropWaiting,
  prepareForUpdate: dropWaiting,
  validate: csi.validateCsiDriver,
  validateUpdate: csi.validateCsiDriverUpdate,
});

export const CSI_NODES = row<objects.CSINode>({
  group: "storage.k8s.io",
  version: "v1",
  kind: "CSINode",
  plural: "csinodes",
  namespaced: false,
  definition: "io.k8s.api.storage.v1.CSINode",
  changeLooks: NEW,
  needsVersion: true,
  columns: columns.CSI_NODE_COLUMNS,
  validate: csi.validateCsiNode,
  validateUpdate: csi.validateCsiNodeUpdate,
});

export const CSI_STORAGE_CAPACITIES = row<objects.CSIStorageCapacity>({
  group: "storage.k8s.io",
  version: "v1",
  kind: "CSIStorageCapacity",
  plural: "csistoragecapacities",
  namespaced: true,
  definition: "io.k8s.api.storage.v1.CSIStorageCapacity",
  changeLooks: NEW_THEN_CHANGED,
  needsVersion: true,
  columns: columns.CSI_STORAGE_CAPACITY_COLUMNS,
  setDefaults: setCsiStorageCapacityDefaults,
  validate: csi.validateCsiStorageCapacity,
  validateUpdate: csi.validateCsiStorageCapacityUpdate,
});

export const VOLUME_ATTRIBUTES_CLASSES = row<objects.VolumeAttributesClass>({
  group: "storage.k8s.io",
  version: "v1",
  kind: "VolumeAttributesClass",
  plural: "volumeattributesclasses",
  namespaced: false,
  definition: "io.k8s.api.storage.v1.VolumeAttributesClass",
  changeLooks: CHANGED_THEN_NEW,
  shortNames: ["vac"],
  columns: columns.VOLUME_ATTRIBUTES_CLASS_COLUMNS,
  validate: validation.validateVolumeAttributesClass,
  validateUpdate: validation.validateVolumeAttributesClassUpdate,
});
