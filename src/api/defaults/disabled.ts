import type { CSIDriver, Lease, PodSpec } from "../object.ts";
import { allContainers } from "../pod.ts";

/**
 * Takes out, in place, what Kubernetes 1.36 knows and does not do by default: fields behind gates
 * that are off (api/pod `DropDisabledPodFields`).
 */
export function dropDisabled(spec: PodSpec): void {
  delete spec.schedulingGroup;
  for (const container of [...allContainers(spec), ...(spec.ephemeralContainers ?? [])]) {
    const { lifecycle } = container;
    if (lifecycle?.stopSignal === undefined) continue;
    delete lifecycle.stopSignal;
    if (Object.keys(lifecycle).length === 0) delete container.lifecycle;
  }
  for (const { projected } of spec.volumes ?? []) {
    for (const source of projected?.sources ?? []) {
      delete source.clusterTrustBundle;
      delete source.podCertificate;
    }
  }
}

/** The same of how a Lease finds its next holder (`CoordinatedLeaderElection`). */
export function dropElection({ spec }: Lease): void {
  delete spec?.strategy;
  delete spec?.preferredHolder;
}

/** The same of pods that are to wait for a driver (`VolumeLimitScaling`). */
export function dropWaiting({ spec }: CSIDriver): void {
  delete spec?.preventPodSchedulingIfMissing;
}
