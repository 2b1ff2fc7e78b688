/** KubeEdge's `EdgeControllerBuffer`: how many messages of each kind may wait to be worked on. */
export interface Buffers {
  readonly updatePodStatus: number;
  readonly updateNodeStatus: number;
  readonly updateNode: number;
  readonly deletePod: number;
  readonly queryConfigMap: number;
  readonly querySecret: number;
  readonly queryService: number;
  readonly queryEndpoints: number;
  readonly queryPersistentVolume: number;
  readonly queryPersistentVolumeClaim: number;
  readonly queryVolumeAttachment: number;
  readonly queryNode: number;
}

/** KubeEdge's `EdgeControllerLoad`: how many of each kind are worked on at the same time. */
export type Load = { readonly [Name in keyof Buffers as `${Name}Workers`]: number };

/** One queue of the edge controller. */
export interface Lane {
  /** Messages that may wait. */
  readonly limit: number;
  /** Messages that are worked on at the same time. */
  readonly workers: number;
}

const BUFFER = 1024;

/** KubeEdge's defaults. */
export const DEFAULT_BUFFERS: Buffers = {
  updatePodStatus: BUFFER,
  updateNodeStatus: BUFFER,
  updateNode: BUFFER,
  deletePod: BUFFER,
  queryConfigMap: BUFFER,
  querySecret: BUFFER,
  queryService: BUFFER,
  queryEndpoints: BUFFER,
  queryPersistentVolume: BUFFER,
  queryPersistentVolumeClaim: BUFFER,
  queryVolumeAttachment: BUFFER,
  queryNode: BUFFER,
};

/** KubeEdge's defaults, but for pod statuses: four writers share one commit, one waits for each. */
export const DEFAULT_LOAD: Load = {
  updatePodStatusWorkers: 4,
  updateNodeStatusWorkers: 1,
  updateNodeWorkers: 4,
  deletePodWorkers: 4,
  queryConfigMapWorkers: 4,
  querySecretWorkers: 4,
  queryServiceWorkers: 4,
  queryEndpointsWorkers: 4,
  queryPersistentVolumeWorkers: 4,
  queryPersistentVolumeClaimWorkers: 4,
  queryVolumeAttachmentWorkers: 4,
  queryNodeWorkers: 4,
};
