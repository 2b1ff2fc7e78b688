import type { Pod } from "#api/object.ts";
import { isMirror, MIRROR } from "#api/pod.ts";
import { podReferences } from "#api/pod-references.ts";

/**
 * Why a node may not make a pod; `undefined` where it may: it shows the static pods that it runs, as
 * its own, and they refer to nothing. `uid` is that of its Node.
 */
export function mirrorPodRefusal(
  pod: Pod,
  { node, uid }: { readonly node: string; readonly uid: string },
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
  if (owner.uid !== uid) return `node ${node} UID mismatch: expected ${owner.uid} got ${uid}`;
  const what = referredTo(pod);
  return what && `${who} can not create pods that reference ${what}`;
}

/** The first sort of objects that a pod refers to. */
function referredTo(pod: Pod): string | undefined {
  const { serviceAccountName, volumes = [] } = pod.spec ?? {};
  if (serviceAccountName) return "a service account";
  const { secrets, configMaps } = podReferences(pod);
  if (secrets.length > 0) return "secrets";
  if (configMaps.length > 0) return "configmaps";
  const sources = volumes.flatMap(({ projected }) => projected?.sources ?? []);
  if (sources.some((source) => source.clusterTrustBundle)) return "clustertrustbundles";
  if (volumes.some((volume) => volume.persistentVolumeClaim)) return "persistentvolumeclaims";
  return undefined;
}
