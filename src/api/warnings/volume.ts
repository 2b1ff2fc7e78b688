import type { PersistentVolumeClaim, PodSpec } from "../object.ts";
import { fractionWarnings } from "./amount.ts";
import { warnEach } from "./scheduling.ts";
import { overlapWarnings } from "./volume-paths.ts";

const gone = (since: string, dead: string) => `deprecated in ${since}, non-functional in ${dead}+`;

/** Sources of volumes that Kubernetes has left behind, in the order in which it names them. */
const DEPRECATED_SOURCES = {
  photonPersistentDisk: gone("v1.11", "v1.16"),
  gitRepo: "deprecated in v1.11, and disabled by default in v1.33+",
  scaleIO: gone("v1.16", "v1.22"),
  flocker: gone("v1.22", "v1.25"),
  storageos: gone("v1.22", "v1.25"),
  quobyte: gone("v1.22", "v1.25"),
  glusterfs: gone("v1.25", "v1.26"),
  cephfs: gone("v1.28", "v1.31"),
  rbd: gone("v1.28", "v1.31"),
} as const;
const DEPRECATIONS = Object.entries(DEPRECATED_SOURCES);

/** Warnings of a volume whose source nothing serves any more. */
export function sourceWarnings(
  source: { readonly [field in keyof typeof DEPRECATED_SOURCES]?: unknown },
  path: string,
): string[] {
  return DEPRECATIONS.flatMap(([field, said]) => {
    if (source[field as keyof typeof DEPRECATED_SOURCES] === undefined) return [];
    return [`${path}.${field === "storageos" ? "storageOS" : field}: ${said}`];
  });
}

/** Warnings of how much a claim asks for. */
export function claimWarnings(spec: PersistentVolumeClaim["spec"], path: string): string[] {
  const { requests, limits } = spec?.resources ?? {};
  return [
    ...fractionWarnings(requests, `${path}.resources.requests`, ["storage"]),
    ...fractionWarnings(limits, `${path}.resources.limits`, ["storage"]),
  ];
}

/** Warnings of a pod's volumes. */
export function volumeWarnings({ volumes = [] }: PodSpec, path: string): string[] {
  return [
    ...warnEach(volumes, `${path}.volumes`, (volume, at) => [
      ...sourceWarnings(volume, at),
      ...claimWarnings(
        volume.ephemeral?.volumeClaimTemplate?.spec,
        `${at}.ephemeral.volumeClaimTemplate.spec`,
      ),
    ]),
    ...volumes.flatMap(overlapWarnings),
  ];
}
