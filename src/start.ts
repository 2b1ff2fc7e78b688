import { mkdirSync } from "node:fs";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { addModules } from "#bus/add-modules.ts";
import { createBus } from "#bus/create-bus.ts";
import { supervise } from "#bus/supervisor.ts";
import type { Io } from "#cli/io.ts";
import type { EdgeSiteConfig } from "#config/edgesite-config.ts";
import { createKubeconfig } from "#config/kubeconfig.ts";
import { Database } from "#db/database.ts";
import { rotateKey } from "#db/rotate-key.ts";
import { keysOfSite } from "#db/secret-key.ts";
import { ImageDirectory } from "#edged/image/image-directory.ts";
import type { NodeImages } from "#edged/image/node-images.ts";
import { createPodNetwork } from "#edged/network/veth-network.ts";
import type { Runtime } from "#edged/runtime/runtime.ts";
import { writeFileAtomically } from "#lib/atomic-file.ts";
import { addressAt, parseCidr, sizeOf } from "#lib/cidr.ts";
import { systemClock } from "#lib/clock.ts";
import { errorCode, mendable, UserError } from "#lib/errors.ts";
import { createLogger, type Logger } from "#lib/log.ts";
import { systemTimer } from "#lib/timer.ts";
import type { NetworkPlan } from "#mesh/network-plan.ts";
import { loadFrontProxy } from "#site/apiserver/aggregation/front-proxy.ts";
import { loadTokenKeys } from "#site/apiserver/authentication/token-keys.ts";
import { ClientCertificates } from "#site/apiserver/client-certificates.ts";
import { loadPki, type Pki, type PkiOptions, renewedPki } from "#site/apiserver/pki.ts";
import { ServingCertificate } from "#site/apiserver/serving-certificate.ts";
import { type AuditLog, openAuditLog } from "./audit-log.ts";
import { serveControl } from "./control-server.ts";
import {
  type DataDirectory,
  dataDirectory,
  prepareDataDirectory,
  secretsKeyFile,
} from "./data-directory.ts";
import { composeSite, type Site, type SiteParts } from "./edgesite.ts";
import { hostNodeName } from "./host.ts";
import { HostAddresses } from "./host-addresses.ts";
import { latestTime } from "./latest-time.ts";
import { networkOf } from "./network-settings.ts";
import type { StopSignals } from "./signals.ts";
import { kept, newSiteId, nodeNameOf, readIdentity } from "./site-identity.ts";
import { lockSite } from "./site-lock.ts";
import { openRuntime } from "./site-runtime.ts";
import { siteStatus } from "./site-status.ts";
import { StartReport } from "./start-report.ts";
import { storageProblem } from "./storage-headroom.ts";
import { type Arrival, farewell, type Whereabouts, welcome } from "./welcome.ts";
import { countWrittenToday } from "./written-today.ts";

const PRIVATE = 0o600;

/**
 * Runs the site until a signal or the control socket stops it; resolves with the exit code once
 * everything is released.
 * @throws {UserError} when it cannot start; nothing is left half-started.
 */
export async function startSite(
  config: EdgeSiteConfig,
  io: Io,
  { stop, kill }: StopSignals,
): Promise<number> {
  const directory = dataDirectory(config.dataDir);
  const report = new StartReport(io, {
    phases: PHASES,
    monotonicMs: () => systemClock.monotonicMs(),
  });
  const log = createLogger({ ...config.log, write: (text) => report.write(text) });
  const keyFile = secretsKeyFile(config);
  try {
    report.begin("Opening the database");
    prepareDataDirectory(directory);
    const keys = keysOfSite({ path: keyFile, database: directory.database });
    await using db = await Database.open({ path: directory.database, ...keys });
    if (keys.previousKey) await rotateKey(db, keyFile);
    await using audit = openAuditLog(config, log);
    using lifetime = endOfLife();
    report.begin("Loading keys and certificates");
    const { signal } = lifetime;
    const dockerHost = io.env["DOCKER_HOST"];
    const siteId = await kept(
      db.settings,
      "siteId",
      () => readIdentity(directory.identity)?.siteId ?? newSiteId(),
    );
    using _lock = lockSite(siteId, directory.root);
    await using opened = await openRuntime({ config, dockerHost, directory, db, log }, signal);
    const { runtime, images } = opened;
    const given = { config, directory, db, audit, log, runtime, images, lifetime: signal };
    const parts = await gather(given);
    writeKubeconfig(directory, { pki: parts.certificate.current, port: config.apiServer.port });
    const site = composeSite(parts);
    return await runSite({ site, parts, directory, report, io, stop, kill });
  } catch (error) {
    report.abandon();
    const full = errorCode(error) === "ENOSPC" ? storageProblem(directory.root) : undefined;
    if (full !== undefined) throw new UserError(`Cannot start: ${full}`, { cause: error });
    throw mendable(error, "Cannot start") ?? error;
  }
}

/** A signal that aborts when its scope ends: after all modules, before the database closes. */
function endOfLife(): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController();
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => controller.abort(new Error("The site has stopped")),
  };
}

/** Database, keys, and one phase per module. */
const PHASES = 9;

interface Given {
  readonly config: EdgeSiteConfig;
  readonly directory: DataDirectory;
  readonly db: Database;
  readonly audit: AuditLog | undefined;
  readonly log: Logger;
  readonly runtime: Runtime;
  readonly images: NodeImages;
  readonly lifetime: AbortSignal;
}

/** Everything that is decided once, read or made before modules can be. */
async function gather(given: Given): Promise<SiteParts> {
  const { config, directory, db, log, lifetime } = given;
  const { settings, salvage } = db;
  if (salvage) {
    log.error("The database file was damaged and was made anew of what could be read", {
      ...salvage,
    });
  }
  for (const { place, why } of db.unreadable) {
    log.error("A row of the database cannot be read and is set aside", { place, why });
  }
  const siteId = await kept(settings, "siteId", newSiteId);
  const nodeName = await nodeNameOf(settings, config.nodeName);
  const network = await networkOf(settings, config.network);
  const ipv6 = config.network.podCIDR6 !== "";
  const addresses = new HostAddresses({ ipv6, fallback: network.gateway, log });
  await addresses.follow(lifetime);
  const pkiOptions = (): PkiOptions => ({
    directory: directory.pki,
    hosts: certificateHosts({ network, nodeName, addresses: addresses.all, config }),
    times: [latestTime(directory)],
    log,
  });
  const leases = db.addressLeases(() => podAddresses(network));
  return {
    config,
    siteId,
    nodeName,
    nodeAddresses: addresses,
    network,
    db,
    ...(given.audit && { audit: given.audit }),
    tokenKeys: loadTokenKeys(directory.pki),
    frontProxy: loadFrontProxy(directory.pki),
    clients: clientCertificates(directory),
    latestTime: () => latestTime(directory),
    certificate: new ServingCertificate({
      pki: loadPki(pkiOptions()),
      renewed: (current) => renewedPki(current, pkiOptions()),
      hostName: hostname,
      onAddresses: (listener) => addresses.onChange(listener),
      clock: systemClock,
      timer: systemTimer,
      log,
    }),
    runtime: given.runtime,
    images: given.images,
    archives: new ImageDirectory({
      ...{ images: given.images, rows: db.images, directory: directory.images },
      log: log.child({ module: "images" }),
    }),
    podNetwork: createPodNetwork({
      siteId,
      gateway: network.gateway,
      podCIDR: network.podCIDR,
      serviceCIDR: network.serviceCIDR,
      ...(ipv6 && { podCIDR6: config.network.podCIDR6 }),
      ...(config.network.mtu > 0 && { mtu: config.network.mtu }),
      leases,
      log: log.child({ module: "network" }),
    }),
    bus: createBus({ log: log.child({ module: "bus" }) }),
    directories: directory,
    log,
    clock: systemClock,
    lifetime,
  };
}

interface Run {
  readonly site: Site;
  readonly parts: SiteParts;
  readonly directory: DataDirectory;
  readonly report: StartReport;
  readonly io: Io;
  readonly stop: AbortSignal;
  readonly kill: AbortSignal;
}

async function runSite(run: Run): Promise<number> {
  const { site, parts, directory, report, io } = run;
  const { states } = site;
  const told = new AbortController();
  const { lost } = parts.db;
  const stop = AbortSignal.any([run.stop, told.signal, lost]);
  const writtenTodayBytes = countWrittenToday({
    clock: parts.clock,
    timer: systemTimer,
    signal: parts.lifetime,
  });
  using _control = serveControl({
    socket: directory.controlSocket,
    status: () => siteStatus({ site, parts, directory, modules: states.all, writtenTodayBytes }),
    stop: () => told.abort(new Error("edgesite stop")),
    images: parts.images,
    imagesChanged: () => site.edged?.imagesChanged(),
    reloadClients: () => parts.clients.reload(),
    rotateKey: () => rotateKey(parts.db, secretsKeyFile(parts.config)),
  });
  for (const name of site.disabled) parts.log.info("A module is disabled", { module: name });
  addModules(parts.bus, site.modules);
  let goOn: readonly string[] = [];
  const running = supervise(site.modules, {
    signal: stop,
    hurry: run.kill,
    stopGraceMs: parts.config.stopGraceSeconds * 1000,
    onStatus: (status) => {
      const before = states.get(status.name)?.state;
      states.set(status);
      parts.log.debug(`Module is ${status.state}`, { name: status.name });
      if (status.name === "edged" && status.state === "stopping")
        goOn = site.edged?.status().runningPods ?? goOn;
      if (status.state === "starting" && before === "waiting")
        report.begin(PHASE[status.name] ?? status.name);
      if (
        status.state === "running" &&
        before === "starting" &&
        status.name === site.modules.at(-1)?.name
      ) {
        report.end();
        if (!stop.aborted) io.err(welcome(arrival(run), report.elapsed));
      }
    },
  });
  // Whatever else fails when the database is lost fails because of it.
  await running.finally(() => lost.throwIfAborted());
  io.err(farewell(whereabouts(run), goOn));
  return 0;
}

function whereabouts({ parts, directory, io }: Run): Whereabouts {
  const { config, nodeName } = parts;
  return {
    nodeName,
    port: config.apiServer.port,
    kubeconfig: directory.kubeconfig,
    dataDir: config.dataDir,
    binary: process.execPath,
    throughSudo: io.env["SUDO_USER"] !== undefined,
  };
}

function arrival(run: Run): Arrival {
  const { parts, directory } = run;
  const { scheme } = parts.runtime;
  const isEmpty = scheme === "native" && parts.db.images.list("image").length === 0;
  return {
    ...whereabouts(run),
    runtime: scheme,
    ...(isEmpty && { emptyImages: directory.images }),
  };
}

/** What the phases of a start are called. */
const PHASE: Readonly<Record<string, string>> = {
  apiserver: "Starting the API server",
  controllers: "Starting the controllers",
  scheduler: "Starting the scheduler",
  edgecontroller: "Starting the edge controller",
  metaManager: "Starting the meta manager",
  edgemesh: "Starting the mesh: edge0, DNS, Services",
  edged: "Starting the node agent",
};

function writeKubeconfig(
  { kubeconfig }: DataDirectory,
  { pki, port }: { readonly pki: Pki; readonly port: number },
): void {
  const server = `https://127.0.0.1:${port}`;
  const text = createKubeconfig({ server, ca: pki.ca, token: pki.adminToken });
  mkdirSync(dirname(kubeconfig), { recursive: true, mode: 0o755 });
  writeFileAtomically(kubeconfig, { text, mode: PRIVATE });
}

function clientCertificates(directory: DataDirectory): ClientCertificates {
  const clients = new ClientCertificates(directory.pki);
  clients.prune(latestTime(directory));
  return clients;
}

function certificateHosts({
  network,
  nodeName,
  addresses,
  config,
}: {
  readonly network: NetworkPlan;
  readonly nodeName: string;
  readonly addresses: readonly string[];
  readonly config: EdgeSiteConfig;
}): readonly string[] {
  const service = "kubernetes.default.svc";
  return [
    ...["127.0.0.1", network.gateway, network.kubernetesServiceIP, ...addresses],
    ...["localhost", nodeName, hostNodeName(), "kubernetes", "kubernetes.default", service],
    `${service}.${config.network.clusterDomain}`,
    ...config.apiServer.tlsSans.map((name) => name.toLowerCase()),
  ];
}

/** Addresses that pods may have: all of the range but its own, the gateway's and the last. */
function* podAddresses({ podCIDR }: NetworkPlan): Generator<string> {
  const range = parseCidr(podCIDR);
  for (let offset = 2; offset < sizeOf(range) - 1; offset += 1) yield addressAt(range, offset);
}
