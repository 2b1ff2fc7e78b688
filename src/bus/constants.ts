/**
 * The words that KubeEdge puts into its messages (beehive `pkg/core/model`, KubeEdge
 * `common/constants` and `edge/pkg/common/modules`), so that a real cloudcore or edgecore
 * understands ours. `OWN_WORDS` lists what only edgesite says.
 */
export const OPERATION = {
  insert: "insert",
  delete: "delete",
  query: "query",
  update: "update",
  response: "response",
  error: "error",
  patch: "patch",
  upload: "upload",
  start: "start",
  stop: "stop",
  connect: "connect",
  disconnect: "disconnect",
  publish: "publish",
  subscribe: "subscribe",
  unsubscribe: "unsubscribe",
  message: "message",
  keepalive: "keepalive",
  getResult: "get_result",
  metaInternalSync: "meta-internal-sync",
  action: "action",
  actionResult: "action_result",
  unholdUpgrade: "unhold-upgrade",
  createVolume: "createvolume",
  deleteVolume: "deletevolume",
  controllerPublishVolume: "controllerpublishvolume",
  controllerUnpublishVolume: "controllerunpublishvolume",
  /** Ours: all objects of a type were sent, `content.keys` names them. */
  listEnd: "list-end",
} as const;

export const RESOURCE_TYPE = {
  pod: "pod",
  podList: "podlist",
  podStatus: "podstatus",
  podPatch: "podpatch",
  configMap: "configmap",
  secret: "secret",
  node: "node",
  nodeStatus: "nodestatus",
  nodePatch: "nodepatch",
  service: "service",
  serviceList: "servicelist",
  endpoints: "endpoints",
  endpointsList: "endpointslist",
  /** Ours: KubeEdge's mesh reads EndpointSlices through its metaserver. */
  endpointSlice: "endpointslice",
  /** Ours: KubeEdge's edged reads none. */
  runtimeClass: "runtimeclass",
  listener: "listener",
  persistentVolume: "persistentvolume",
  persistentVolumeClaim: "persistentvolumeclaim",
  volumeAttachment: "volumeattachment",
  volume: "volume",
  event: "event",
  lease: "lease",
  serviceAccountToken: "serviceaccounttoken",
  serviceAccountAccess: "serviceaccountaccess",
  rule: "rule",
  ruleEndpoint: "ruleendpoint",
  ruleStatus: "rulestatus",
  certificateSigningRequest: "certificatesigningrequest",
  caCertificate: "k8s/ca.crt",
  membership: "membership",
} as const;

/** The name of each module: its address on the bus and the `source` of what it sends. */
export const MODULE = {
  cloudHub: "cloudhub",
  edgeController: "edgecontroller",
  deviceController: "devicecontroller",
  syncController: "synccontroller",
  dynamicController: "dynamiccontroller",
  cloudStream: "cloudStream",
  router: "router",
  policyController: "policycontroller",
  edged: "edged",
  edgeHub: "websocket",
  metaManager: "metaManager",
  twin: "twin",
  eventBus: "eventbus",
  serviceBus: "servicebus",
  edgeMesh: "edgemesh",
  edgeStream: "edgestream",
  taskManager: "taskmanager",
  testManager: "testManager",
} as const;

/** The group of each module that receives for one. */
export const GROUP_OF: Readonly<Record<(typeof MODULE)[keyof typeof MODULE], string>> = {
  cloudhub: "cloudhub",
  edgecontroller: "edgecontroller",
  devicecontroller: "devicecontroller",
  synccontroller: "synccontroller",
  dynamiccontroller: "dynamiccontroller",
  cloudStream: "cloudStream",
  router: "router",
  policycontroller: "policycontroller",
  edged: "edged",
  websocket: "hub",
  metaManager: "meta",
  twin: "twin",
  eventbus: "bus",
  servicebus: "bus",
  edgemesh: "mesh",
  edgestream: "edgestream",
  taskmanager: "taskmanager",
  testManager: "meta",
};

/** `route.group` of a message: what it is about, and so who at the other end of a wire gets it. */
export const MESSAGE_GROUP = {
  resource: "resource",
  twin: "twin",
  func: "func",
  user: "user",
} as const;

/** Sources that are no modules: KubeEdge's function runtime, and the hub when it speaks of its wire. */
export const SOURCE = {
  edgeHub: "edgehub",
  functionManager: "funcmgr",
  edgeFunction: "edgefunction",
} as const;

/** The content of an answer that carries nothing but success. */
export const OK = "OK";

/** The namespace in the resource strings of objects that have none. */
export const CLUSTER_NAMESPACE = "default";

/** `node/connection`, published by the hub with one of the two contents below. */
export const CONNECTION = {
  resource: "node/connection",
  connected: "cloud_connected",
  disconnected: "cloud_disconnected",
} as const;

/** What KubeEdge does not say. */
export const OWN_WORDS: readonly string[] = [
  OPERATION.listEnd,
  RESOURCE_TYPE.endpointSlice,
  RESOURCE_TYPE.runtimeClass,
];
