import type { PersistentVolume } from "./object.ts";

/** A Secret, by where it is. */
export interface SecretPlace {
  readonly namespace: string;
  readonly name: string;
}

/**
 * The Secrets that a node needs to mount a volume; those of its controllers are not among them
 * (pkg/api/v1/persistentvolume `VisitPVSecretNames`, `kubeletVisible`).
 */
export function nodeSecretsOf({ spec }: PersistentVolume): readonly SecretPlace[] {
  const { azureFile, cephfs, cinder, flexVolume, iscsi, rbd, scaleIO, storageos, csi } = spec ?? {};
  const file = azureFile && { namespace: azureFile.secretNamespace, name: azureFile.secretName };
  const mounted = [cephfs, cinder, flexVolume, iscsi, rbd, scaleIO, storageos];
  const references = [
    file,
    ...mounted.map((source) => source?.secretRef),
    csi?.nodePublishSecretRef,
    csi?.nodeStageSecretRef,
    csi?.nodeExpandSecretRef,
  ];
  return references.flatMap((reference) => {
    if (!reference?.name) return [];
    const namespace = reference.namespace || spec?.claimRef?.namespace || "";
    return [{ namespace, name: reference.name }];
  });
}
