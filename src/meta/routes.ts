import { MODULE, RESOURCE_TYPE } from "#bus/constants.ts";

const { edged, edgeMesh } = MODULE;

/** What is kept, and the edge module that each type is passed on to. */
const DESTINATION: Readonly<Record<string, string>> = {
  [RESOURCE_TYPE.pod]: edged,
  [RESOURCE_TYPE.configMap]: edged,
  [RESOURCE_TYPE.secret]: edged,
  [RESOURCE_TYPE.node]: edged,
  [RESOURCE_TYPE.runtimeClass]: edged,
  [RESOURCE_TYPE.volume]: edged,
  [RESOURCE_TYPE.service]: edgeMesh,
  [RESOURCE_TYPE.endpoints]: edgeMesh,
  [RESOURCE_TYPE.endpointSlice]: edgeMesh,
};

/** KubeEdge 1.3 sends these as one message; each row is one object. */
const LIST_OF: Readonly<Record<string, string>> = {
  [RESOURCE_TYPE.serviceList]: RESOURCE_TYPE.service,
  [RESOURCE_TYPE.endpointsList]: RESOURCE_TYPE.endpoints,
};

/** Types that the site is asked for when the meta store does not have them. */
const REMOTE: ReadonlySet<string> = new Set([
  RESOURCE_TYPE.configMap,
  RESOURCE_TYPE.secret,
  RESOURCE_TYPE.service,
  RESOURCE_TYPE.endpoints,
  RESOURCE_TYPE.persistentVolume,
  RESOURCE_TYPE.persistentVolumeClaim,
  RESOURCE_TYPE.volumeAttachment,
  RESOURCE_TYPE.node,
  RESOURCE_TYPE.runtimeClass,
  RESOURCE_TYPE.serviceAccountToken,
]);

/** Types whose copy is too old as soon as it is made: the site is asked first. */
const REMOTE_FIRST: ReadonlySet<string> = new Set([
  RESOURCE_TYPE.node,
  RESOURCE_TYPE.volumeAttachment,
]);

/** What edge modules may send up. */
const REPORTS: ReadonlySet<string> = new Set([
  RESOURCE_TYPE.podStatus,
  RESOURCE_TYPE.nodeStatus,
  RESOURCE_TYPE.node,
  RESOURCE_TYPE.lease,
  RESOURCE_TYPE.event,
  RESOURCE_TYPE.pod,
]);

const EDGE_SOURCES: ReadonlySet<string> = new Set([
  MODULE.edged,
  MODULE.edgeMesh,
  MODULE.twin,
  MODULE.eventBus,
  MODULE.serviceBus,
]);

export const destinationOf = (type: string): string | undefined => DESTINATION[type];
export const itemTypeOf = (type: string): string | undefined => LIST_OF[type];
export const isRemote = (type: string): boolean => REMOTE.has(type);
export const isRemoteFirst = (type: string): boolean => REMOTE_FIRST.has(type);
export const isReport = (type: string): boolean => REPORTS.has(type);
/** True for a module of the edge side: what it sends is meant for the site. */
export const isFromEdge = (source: string | undefined): boolean =>
  source !== undefined && EDGE_SOURCES.has(source);
