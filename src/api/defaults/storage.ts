import type { CSIDriver, CSIStorageCapacity, StorageClass, VolumeAttachment } from "../object.ts";
import { canonicalQuantity } from "../quantity.ts";

export function setStorageClassDefaults(storageClass: StorageClass): void {
  storageClass.reclaimPolicy ??= "Delete";
  storageClass.volumeBindingMode ??= "Immediate";
}

export function setCsiDriverDefaults({ spec }: CSIDriver): void {
  if (spec === undefined) return;
  spec.attachRequired ??= true;
  spec.podInfoOnMount ??= false;
  spec.storageCapacity ??= false;
  spec.fsGroupPolicy ??= "ReadWriteOnceWithFSType";
  if (!spec.volumeLifecycleModes?.length) spec.volumeLifecycleModes = ["Persistent"];
  spec.requiresRepublish ??= false;
  spec.seLinuxMount ??= false;
}

export function setCsiStorageCapacityDefaults(object: CSIStorageCapacity): void {
  const { capacity, maximumVolumeSize } = object;
  if (capacity !== undefined) object.capacity = canonicalQuantity(capacity);
  if (maximumVolumeSize !== undefined) {
    object.maximumVolumeSize = canonicalQuantity(maximumVolumeSize);
  }
}

export function prepareVolumeAttachment(attachment: VolumeAttachment): void {
  attachment.status = { attached: false };
}
