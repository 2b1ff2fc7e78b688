/**
 * The composition root: a configuration becomes a list of modules, in the order in which they
 * start. Nothing is decided here but who is given what.
 */
import type { NodeStreams } from "#api/node-streams.ts";
import { serviceUnavailable } from "#api/status.ts";
import type { UserInfo } from "#api/verbs.ts";
import type { LocalBus } from "#bus/bus.ts";
import { MODULE } from "#bus/constants.ts";
import type { Module } from "#bus/module.ts";
import { createClient } from "#client/client.ts";
import { createEventRecorder } from "#client/events.ts";
import { createInformerFactory } from "#client/informer-factory.ts";
import { QueueMetrics } from "#client/queue-metrics.ts";
import type { EdgeSiteConfig } from "#config/edgesite-config.ts";
import type { Database } from "#db/database.ts";
import { createEdged, type Edged } from "#edged/edged.ts";
import type { ImageDirectory } from "#edged/image/image-directory.ts";
import type { NodeImages } from "#edged/image/node-images.ts";
import type { PodNetwork } from "#edged/network/pod-network.ts";
import type { NodeAddresses } from "#edged/node/node-addresses.ts";
import type { Runtime } from "#edged/runtime/runtime.ts";
import type { Clock } from "#lib/clock.ts";
import type { Logger } from "#lib/log.ts";
import { Metrics } from "#lib/metrics.ts";
import { createEdgeMesh, type EdgeMesh } from "#mesh/mesh.ts";
import type { NetworkPlan } from "#mesh/network-plan.ts";
import { createMetaClient } from "#meta/create-meta-client.ts";
import { createMetaManager } from "#meta/meta-manager.ts";
import { upgrades, webSocketStreams } from "#serve/streams/streams.ts";
import type { FrontProxy } from "#site/apiserver/aggregation/front-proxy.ts";
import { createApiServer } from "#site/apiserver/apiserver.ts";
import type { TokenKeys } from "#site/apiserver/authentication/token-keys.ts";
import type { ClientCertificates } from "#site/apiserver/client-certificates.ts";
import { createFront, type Front } from "#site/apiserver/front/front.ts";
import {
  API_SERVER,
  type ApiServer,
  componentUser,
  controllerUser,
} from "#site/apiserver/options.ts";
import type { ServingCertificate } from "#site/apiserver/serving-certificate.ts";
import { createSigner } from "#site/apiserver/signer.ts";
import { createControllers } from "#site/controllers/controllers.ts";
import { createEdgeController } from "#site/edgecontroller/edge-controller.ts";
import { createScheduler } from "#site/scheduler/scheduler.ts";
import type { AuditLog } from "./audit-log.ts";
import { ModuleStates } from "./module-states.ts";
import { countProcess } from "./process-metrics.ts";
import { healthChecks, siteComponents } from "./site-health.ts";
import { version, versionInfo } from "./version.ts";

/** What a site is made from: all that was read, opened and decided before. */
export interface SiteParts {
  readonly config: EdgeSiteConfig;
  readonly siteId: string;
  readonly nodeName: string;
  readonly nodeAddresses: NodeAddresses;
  readonly network: NetworkPlan;
  readonly db: Database;
  /** Where requests are recorded, if they are. */
  readonly audit?: AuditLog;
  readonly certificate: ServingCertificate;
  readonly clients: ClientCertificates;
  /** The latest time that is known to be over: the clock may say 1970. */
  latestTime(): Date;
  readonly tokenKeys: TokenKeys;
  readonly frontProxy: FrontProxy;
  readonly runtime: Runtime;
  readonly images: NodeImages;
  /** The archives of images that are dropped in. */
  readonly archives: ImageDirectory;
  readonly podNetwork: PodNetwork;
  readonly bus: LocalBus;
  readonly directories: { readonly pods: string; readonly sockets: string };
  readonly log: Logger;
  readonly clock: Clock;
  /** Aborts after all modules have stopped: informers and watches end. */
  readonly lifetime: AbortSignal;
}

export interface Site {
  /** In the order of their start. */
  readonly modules: readonly Module[];
  /** Names of modules that the configuration leaves out. */
  readonly disabled: readonly string[];
  readonly front: Front | undefined;
  readonly edged: Edged | undefined;
  readonly mesh: EdgeMesh | undefined;
  /** Told by whoever runs the modules. */
  readonly states: ModuleStates;
}

/** Puts a site together. Nothing runs before its modules do. */
export function composeSite(parts: SiteParts): Site {
  const { modules: enabled } = parts.config;
  const mesh = enabled.edgeMesh.enable ? edgeMesh(parts) : undefined;
  const edged = enabled.edged.enable ? nodeAgent(parts, mesh) : undefined;
  const metrics = new Metrics();
  countProcess(metrics);
  const queues = new QueueMetrics(metrics);
  const states = new ModuleStates();
  const api = apiServer({ ...parts, metrics, states }, edged?.streams ?? noNode);
  const front = enabled.apiServer.enable ? apiFront(parts, api) : undefined;
  const component = componentOf(parts, api);
  const list: readonly (readonly [name: string, module: Module | undefined])[] = [
    ["apiserver", front && served(front, api, parts.certificate)],
    [
      "controllers",
      enabled.controllers.enable ? controllers({ ...parts, queues }, component, api) : undefined,
    ],
    ["scheduler", enabled.scheduler.enable ? scheduler(component) : undefined],
    [
      "edgecontroller",
      enabled.edgeController.enable ? edgeController(parts, component) : undefined,
    ],
    ["metaManager", enabled.metaManager.enable ? metaManager(parts) : undefined],
    ["edgemesh", mesh?.module],
    ["edged", edged?.module],
  ];
  return {
    modules: list.flatMap(([, module]) => module ?? []),
    disabled: list.flatMap(([name, module]) => (module ? [] : [name])),
    front,
    edged,
    mesh,
    states,
  };
}

const NO_NODE = "This process has no node agent: modules.edged is disabled";

/** Streams of a site without a node of its own. */
const noNode: NodeStreams = {
  logs: () => Promise.reject(serviceUnavailable(NO_NODE)),
  exec: () => Promise.reject(serviceUnavailable(NO_NODE)),
  portForward: () => Promise.reject(serviceUnavailable(NO_NODE)),
  ask: () => Promise.reject(serviceUnavailable(NO_NODE)),
};

function apiServer(
  parts: SiteParts & { readonly metrics: Metrics; readonly states: ModuleStates },
  nodeStreams: NodeStreams,
): ApiServer {
  const { db, certificate, network, config, clock, lifetime } = parts;
  const log = parts.log.child({ module: "apiserver" });
  return createApiServer({
    store: db.objects,
    checks: healthChecks(db),
    components: siteComponents(db, parts.states),
    metrics: parts.metrics,
    ...(parts.audit && { audit: parts.audit }),
    nodeStreams,
    openStream: webSocketStreams({ log }),
    version: versionInfo(`linux/${process.arch === "x64" ? "amd64" : process.arch}`),
    log,
    clock,
    adminToken: certificate.current.adminToken,
    frontProxy: parts.frontProxy,
    clientCa: certificate.current.ca,
    tokens: {
      issuer: `https://kubernetes.default.svc.${config.network.clusterDomain}`,
      keys: parts.tokenKeys,
    },
    serviceCidr: network.serviceCIDR,
    advertise: { address: network.gateway, port: config.apiServer.port },
    signal: lifetime,
  });
}

function apiFront(
  { config, certificate, clients, directories, audit, log }: SiteParts,
  api: ApiServer,
): Front {
  const pki = certificate.current;
  const { bindAddress, port } = config.apiServer;
  const own = log.child({ module: "apiserver" });
  return createFront({
    name: "apiserver",
    address: bindAddress,
    port,
    tls: { certificate: pki.certificate, key: pki.key, clientCa: pki.ca },
    onConnection: () => certificate.onConnection(),
    isRevoked: (shown) => clients.isRevoked(shown),
    socketDirectory: directories.sockets,
    tellsAddresses: audit !== undefined,
    fetch: api.fetch,
    answerUpgrade: upgrades(api, { log: own }),
    log: own,
  });
}

/** The API listens once what every cluster has is there. */
function served(front: Front, api: ApiServer, certificate: ServingCertificate): Module {
  return {
    name: front.name,
    async run(scope) {
      await api.bootstrap();
      certificate.keep(front, scope.signal);
      await front.run(scope);
    },
  };
}

/** What a component lives on: the API as its own user. */
function componentOf({ log, clock, lifetime }: SiteParts, api: ApiServer) {
  const as = (user: UserInfo) => createClient({ verbs: api.verbs(user) });
  const events = (component: string, user: UserInfo) =>
    createEventRecorder({ client: as(user), component, clock, log, signal: lifetime });
  // One informer per kind for all: what it shows goes to nobody outside.
  const verbs = api.verbs(componentUser("kube-controller-manager"));
  return {
    log,
    clock,
    as,
    events,
    informers: createInformerFactory({ verbs, signal: lifetime, log, clock }),
  };
}

type Component = ReturnType<typeof componentOf>;

function controllers(
  { certificate, clients, latestTime, queues }: SiteParts & { readonly queues: QueueMetrics },
  { as, events, informers, log, clock }: Component,
  { catalog, allows, tokenForSecret }: ApiServer,
): Module {
  const userOf = (name: string): UserInfo =>
    name === "kube-controller-manager" ? componentUser(name) : controllerUser(name);
  return createControllers({
    client: (name) => as(userOf(name)),
    apiServer: as(API_SERVER),
    events: (name) => events(name, userOf(name)),
    informers,
    catalog,
    queues,
    allows,
    sign: createSigner({ pki: certificate.current, now: latestTime, clients }),
    rootCa: certificate.current.ca,
    tokenForSecret,
    log: log.child({ module: "controllers" }),
    clock,
  });
}

function scheduler({ as, informers, events, log, clock }: Component): Module {
  const user = componentUser("kube-scheduler");
  return createScheduler({
    client: as(user),
    informers,
    events: events("default-scheduler", user),
    log: log.child({ module: "scheduler" }),
    clock,
  });
}

function edgeController({ bus, nodeName, config }: SiteParts, component: Component): Module {
  const { as, informers, log, clock } = component;
  const { buffer, load, context, nodeUpdateFrequency } = config.modules.edgeController;
  return createEdgeController({
    ...{ bus, buffer, load, context },
    heartbeatMs: nodeUpdateFrequency * 1000,
    client: as(componentUser("edgecontroller")),
    informers,
    nodeName,
    log: log.child({ module: "edgecontroller" }),
    clock,
  });
}

function metaManager({ bus, db, config, log }: SiteParts): Module {
  const { contextSendModule, contextSendGroup } = config.modules.metaManager;
  return createMetaManager({
    bus,
    store: db.meta,
    site: { module: contextSendModule, group: contextSendGroup, always: true },
    log: log.child({ module: "metaManager" }),
  });
}

function edgeMesh({ bus, siteId, network, config, log }: SiteParts): EdgeMesh {
  return createEdgeMesh({
    bus,
    meta: createMetaClient({ bus, source: MODULE.edgeMesh }),
    siteId,
    gateway: network.gateway,
    dnsAddress: network.dnsAddress,
    podCIDR: network.podCIDR,
    serviceCIDR: network.serviceCIDR,
    clusterDomain: config.network.clusterDomain,
    upstreams: config.network.upstreams,
    log: log.child({ module: "edgemesh" }),
  });
}

function nodeAgent(parts: SiteParts, mesh: EdgeMesh | undefined): Edged {
  const { bus, network, config, log, clock, runtime, podNetwork, directories } = parts;
  return createEdged({
    bus,
    meta: createMetaClient({ bus, source: MODULE.edged }),
    runtime,
    network: podNetwork,
    podsDirectory: directories.pods,
    archives: parts.archives,
    node: {
      name: parts.nodeName,
      kubeletVersion: version.kubernetes,
      podCIDRs: [network.podCIDR, config.network.podCIDR6].filter((range) => range !== ""),
      leaseRenewMs: config.modules.edged.nodeStatusUpdateFrequency * 1000,
    },
    addresses: parts.nodeAddresses,
    dns: { server: network.dnsAddress, domain: config.network.clusterDomain },
    notReadyReason: () => mesh?.status().reason,
    log: log.child({ module: "edged" }),
    clock,
  });
}
