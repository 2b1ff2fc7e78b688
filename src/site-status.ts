import { X509Certificate } from "node:crypto";
import type { ModuleStatus as Supervised } from "#bus/supervisor.ts";
import type { ModuleStatus, SiteStatus } from "#cli/site.ts";
import type { DataDirectory } from "./data-directory.ts";
import type { Site, SiteParts } from "./edgesite.ts";
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
  const mesh = site.mesh?.status();
  const edged = site.edged?.status();
  const { pki, db, config } = parts;
  const problem = edged && !edged.engine.reachable ? edged.engine.reason : undefined;
  const degraded = [
    ...modules
      .filter(({ state }) => state !== "running")
      .map(({ name, state, reason }) => `module ${name} is ${state}${reason ? `: ${reason}` : ""}`),
    ...(problem === undefined ? [] : [`runtime: ${problem}`]),
    ...(mesh?.reason === undefined ? [] : [`mesh: ${mesh.reason}`]),
    ...(edged === undefined || edged.node.ready ? [] : [`node: ${edged.node.reason}`]),
    ...db.unreadable.map(({ place, why }) => `database: ${place} cannot be read: ${why}`),
  ];
  return {
    version: version.edgesite,
    siteId: parts.siteId,
    nodeName: parts.nodeName,
    dataDir: directory.root,
    pid: process.pid,
    uptimeSeconds: process.uptime(),
    degraded: [...new Set(degraded)],
    modules: [...modules.map(moduleStatus), ...site.disabled.map(disabled)],
    runtime: {
      name: "docker",
      version: edged?.engine.reachable ? edged.engine.version : "unknown",
      ...(problem !== undefined && { problem }),
    },
    dataPlane: {
      name: mesh?.dataPlane ?? "none",
      link: mesh?.link?.name ?? "none",
      ...(mesh && mesh.notes.length > 0 && { fallback: mesh.notes.join("; ") }),
    },
    listeners: [
      ...(site.front ? [`${config.apiServer.bindAddress}:${site.front.port}/TCP`] : []),
      ...(mesh?.ready ? ["UDP", "TCP"].map((one) => `${parts.network.dnsAddress}:53/${one}`) : []),
      ...(mesh?.listeners ?? []),
    ],
    certificates: [
      { name: "apiserver", notAfter: pki.notAfter.toISOString() },
      { name: "ca", notAfter: new Date(new X509Certificate(pki.ca).validTo).toISOString() },
    ],
    rssBytes: process.memoryUsage.rss(),
    writtenTodayBytes: sources.writtenTodayBytes(),
  };
}

function moduleStatus({ name, state, restarts, reason }: Supervised): ModuleStatus {
  return { name, state, restarts, ...(reason !== undefined && { reason }) };
}

function disabled(name: string): ModuleStatus {
  return { name, state: "disabled", restarts: 0 };
}
