import type { PersistentVolumeClaim } from "./object.ts";

const CLASS_ANNOTATION = "volume.beta.kubernetes.io/storage-class";

/** The StorageClass that a claim names, perhaps `""`; undefined where it leaves that to others. */
export function claimClass({ metadata, spec }: PersistentVolumeClaim): string | undefined {
  return metadata?.annotations?.[CLASS_ANNOTATION] ?? spec?.storageClassName;
}
