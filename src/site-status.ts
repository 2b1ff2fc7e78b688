import { X509Certificate } from "node:crypto";
import type { ModuleStatus as Supervised } from "#bus/supervisor.ts";
import type { ModuleStatus, SiteStatus } from "#cli/site.ts";
import type { DataDirectory } from "./data-directory.ts";
import type { Site, SiteParts } from "./edgesite.ts";
import { storageProblem } from "./storage-headroom.ts";
import { version } from "./version.ts";

export interface StatusSources {
  readonly site: Site;
  readonly parts: SiteParts;
  readonly directory: DataDirectory;
  readonly modules: readonly Supervised[];
  writtenTodayBytes(): number;
}

/** What `edgesite status` shows, from what is known now: nothing is asked for, nothing waits. */
export function siteStatus(sources: StatusSources): SiteStatus {
  const { site, parts, directory, modules } = sources;
  const pki = parts.certificate.current;
  return {
    version: version.edgesite,
    siteId: parts.siteId,
    nodeName: parts.nodeName,
    dataDir: directory.root,
    pid: process.pid,
    uptimeSeconds: process.uptime(),
    degraded: degradedReasons(sources),
    modules: [...modules.map(moduleStatus), ...site.disabled.map(disabled)],
    runtime: runtimeStatus(site, parts),
    dataPlane: dataPlaneStatus(site),
    listeners: listenersOf(sources),
    certificates: [
      { name: "apiserver", notAfter: pki.notAfter.toISOString() },
      { name: "ca", notAfter: new Date(new X509Certificate(pki.ca).validTo).toISOString() },
    ],
    rssBytes: process.memoryUsage.rss(),
    writtenTodayBytes: sources.writtenTodayBytes(),
  };
}

/** Everything that is worse than it should be; several parts may name the same reason. */
function degradedReasons(sources: StatusSources): readonly string[] {
  const { site, parts, modules, directory } = sources;
  const storage = storageProblem(directory.root);
  const mesh = site.mesh?.status();
  const node = site.edged?.status().node;
  const { problem } = runtimeStatus(site, parts);
  const reasons = [
    ...modules
      .filter(({ state }) => state !== "running")
      .map(({ name, state, reason }) => `module ${name} is ${state}${reason ? `: ${reason}` : ""}`),
    ...(problem === undefined ? [] : [`runtime: ${problem}`]),
    ...(mesh?.reason === undefined ? [] : [`mesh: ${mesh.reason}`]),
    ...(node === undefined || node.ready ? [] : [`node: ${node.reason}`]),
    ...(storage === undefined ? [] : [`storage: ${storage}`]),
    ...parts.archives.problems.map((problem) => `images: ${problem}`),
    ...(parts.db.salvage
      ? [`database: it was damaged and made anew; the old file is ${parts.db.salvage.damagedFile}`]
      : []),
    ...parts.db.unreadable.map(({ place, why }) => `database: ${place} cannot be read: ${why}`),
  ];
  return [...new Set(reasons)];
}

function runtimeStatus({ edged }: Site, { runtime }: SiteParts): SiteStatus["runtime"] {
  const engine = edged?.status().engine;
  if (engine === undefined) return { name: "none", version: "" };
  const { scheme: name } = runtime;
  if (!engine.reachable) return { name, version: "unknown", problem: engine.reason };
  const { version: engineVersion, warning } = engine;
  return { name, version: engineVersion, ...(warning && { warning }) };
}

function dataPlaneStatus({ mesh }: Site): SiteStatus["dataPlane"] {
  const { dataPlane = "none", link, notes = [] } = mesh?.status() ?? {};
  return {
    name: dataPlane,
    link: link?.name ?? "none",
    ...(notes.length > 0 && { fallback: notes.join("; ") }),
  };
}

function listenersOf({ site, parts }: StatusSources): readonly string[] {
  const mesh = site.mesh?.status();
  const { apiServer } = parts.config;
  const dns = ["UDP", "TCP"].map((protocol) => `${parts.network.dnsAddress}:53/${protocol}`);
  return [
    ...(site.front ? [`${apiServer.bindAddress}:${site.front.port}/TCP`] : []),
    ...(mesh?.ready ? dns : []),
    ...(mesh?.listeners ?? []),
  ];
}

function moduleStatus({ name, state, restarts, reason }: Supervised): ModuleStatus {
  return { name, state, restarts, ...(reason !== undefined && { reason }) };
}

function disabled(name: string): ModuleStatus {
  return { name, state: "disabled", restarts: 0 };
}
