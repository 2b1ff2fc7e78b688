/**
 * Fields of KubeEdge's EdgeSite v1alpha1 (v1.2 to v1.6) that have no meaning here: they are read
 * and left alone, so that such a file loads. KubeEdge's edged talked to an engine and a cluster
 * that edgesite brings itself.
 */
export const KUBEEDGE_FIELDS: readonly RegExp[] = [
  /^metadata(\.|$)/,
  /^database(\.|$)/,
  /^kubeAPIConfig(\.|$)/,
  /^modules\.edged\.(?!enable$|nodeStatusUpdateFrequency$)/,
  // Reports go up as they change; nothing waits for a look every minute.
  /^modules\.metaManager\.(podStatusSyncInterval|remoteQueryTimeout|metaServer)(\.|$)/,
];
