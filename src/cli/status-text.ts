import type { SiteStatus } from "./site.ts";

const MIB = 1024 * 1024;

const mib = (bytes: number): string => `${(bytes / MIB).toFixed(1)} MiB`;

const noted = (note: string | undefined): string => (note === undefined ? "" : ` (${note})`);

/** `edgesite status` for people. */
export function statusText(status: SiteStatus): string {
  const { runtime, dataPlane } = status;
  const rows: [string, string][] = [
    ["edgesite", `${status.version}, site ${status.siteId}, node ${status.nodeName}`],
    ["state", status.degraded.length === 0 ? "ok" : "degraded"],
    [
      "process",
      `pid ${status.pid}, up ${Math.round(status.uptimeSeconds)} s, RSS ${mib(status.rssBytes)}`,
    ],
    ["data", `${status.dataDir}, ${mib(status.writtenTodayBytes)} written today`],
    ["runtime", `${runtime.name} ${runtime.version}${noted(runtime.problem ?? runtime.warning)}`],
    ["mesh", `${dataPlane.name} on ${dataPlane.link}${noted(dataPlane.fallback)}`],
    ["listens", status.listeners.join(", ") || "nowhere"],
    ...status.certificates.map(({ name, notAfter }): [string, string] => [
      "certificate",
      `${name} until ${notAfter}`,
    ]),
    ...status.modules.map(({ name, state, restarts, reason }): [string, string] => [
      "module",
      `${name} ${state}${restarts > 0 ? `, ${restarts} restarts` : ""}${reason ? `: ${reason}` : ""}`,
    ]),
    ...status.degraded.map((reason): [string, string] => ["degraded", reason]),
  ];
  return `${rows.map(([name, value]) => `${name.padEnd(12)}${value}`).join("\n")}\n`;
}
