import type { Pod, Volume } from "#api/object.ts";
import { isMirror, MIRROR } from "#api/pod.ts";
import { podReferences } from "#api/pod-references.ts";
import { NODES } from "#api/resources.ts";
import { notFound } from "#api/status.ts";

/**
 * Why a node may not make a pod; `undefined` where it may: it shows the static pods that it runs, as
 * its own, and they refer to nothing. `uid` is that of its Node.
 * @throws StatusError 404 where there is no such Node.
 */
export function mirrorPodRefusal(
  pod: Pod,
  { node, uid }: { readonly node: string; readonly uid: string | undefined },
): string | undefined {
  const { metadata, spec } = pod;
  const who = `node "${node}"`;
  if (!isMirror(pod)) {
    return `pod does not have "${MIRROR}" annotation, ${who} can only create mirror pods`;
  }
  if (spec?.nodeName !== node)
    return `${who} can only create pods with spec.nodeName set to itself`;
  const [owner, ...others] = metadata?.ownerReferences ?? [];
  if (others.length > 0) {
    return `${who} can only create pods with a single owner reference set to itself`;
  }
  if (owner?.apiVersion !== "v1" || owner.kind !== "Node" || owner.name !== node) {
    return `${who} can only create pods with an owner reference set to itself`;
  }
  if (!owner.controller) {
    return `${who} can only create pods with a controller owner reference set to itself`;
  }
  if (owner.blockOwnerDeletion) {
    return `${who} must not set blockOwnerDeletion on an owner reference`;
  }
  if (uid === undefined) throw notFound({ resource: NODES, name: node });
  if (owner.uid !== uid) return `node ${node} UID mismatch: expected ${owner.uid} got ${uid}`;
  const what = referredTo(pod);
  return what && `${who} can not create pods that reference ${what}`;
}

/** The first sort of objects that a pod refers to (pkg/api/pod `HasAPIObjectReference`). */
function referredTo(pod: Pod): string | undefined {
  const { serviceAccountName, resourceClaims = [], volumes = [] } = pod.spec ?? {};
  if (serviceAccountName) return "serviceaccounts";
  const { secrets, configMaps } = podReferences(pod);
  if (secrets.length > 0) return "secrets";
  if (configMaps.length > 0) return "configmaps";
  if (resourceClaims.length > 0) return "resourceclaims";
  return volumes.map(behindVolume).find((what) => what !== undefined);
}

/** The sort of objects that a volume needs beside ConfigMaps and Secrets that it names. */
function behindVolume(volume: Volume): string | undefined {
  const { csi, glusterfs, persistentVolumeClaim, ephemeral, projected } = volume;
  if (csi) return "csidrivers (via CSI volumes)";
  if (glusterfs) return "endpoints (via glusterFS volumes)";
  if (persistentVolumeClaim) return "persistentvolumeclaims";
  if (ephemeral) return "persistentvolumeclaims (via ephemeral volumes)";
  const sources = projected?.sources ?? [];
  if (sources.some((one) => one.serviceAccountToken)) {
    return "serviceaccounts (via projected volumes)";
  }
  if (sources.some((one) => one.clusterTrustBundle)) return "clustertrustbundles";
  return sources.some((one) => one.podCertificate) ? "podcertificates" : undefined;
}
