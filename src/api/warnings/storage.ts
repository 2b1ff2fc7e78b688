import type { KubeObject, PersistentVolume, PersistentVolumeClaim } from "../object.ts";
import { nodeTermWarnings, warnEach } from "./scheduling.ts";
import { claimWarnings, sourceWarnings } from "./volume.ts";

const OLD_ANNOTATIONS = {
  "volume.beta.kubernetes.io/storage-class":
    'deprecated since v1.8; use "storageClassName" attribute instead',
  "volume.beta.kubernetes.io/mount-options":
    'deprecated since v1.31; use "mountOptions" attribute instead',
} as const;

function annotationWarnings(
  { metadata }: KubeObject,
  keys: readonly (keyof typeof OLD_ANNOTATIONS)[],
): string[] {
  return keys
    .filter((key) => metadata?.annotations?.[key] !== undefined)
    .map((key) => `metadata.annotations[${key}]: ${OLD_ANNOTATIONS[key]}`);
}

export function warnOfVolume(volume: PersistentVolume): string[] {
  const { persistentVolumeReclaimPolicy, nodeAffinity, ...sources } = volume.spec ?? {};
  const terms = nodeAffinity?.required?.nodeSelectorTerms;
  return [
    ...annotationWarnings(volume, [
      "volume.beta.kubernetes.io/storage-class",
      "volume.beta.kubernetes.io/mount-options",
    ]),
    ...(persistentVolumeReclaimPolicy === "Recycle"
      ? [
          "spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.",
        ]
      : []),
    ...warnEach(terms, "spec.nodeAffinity.required.nodeSelectorTerms", nodeTermWarnings),
    ...sourceWarnings(sources, "spec"),
  ];
}

export function warnOfClaim(claim: PersistentVolumeClaim): string[] {
  return [
    ...annotationWarnings(claim, ["volume.beta.kubernetes.io/storage-class"]),
    ...claimWarnings(claim.spec, "spec"),
  ];
}
