import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { allCgroups } from "#linux/cgroups/layout.ts";
import { parseMountInfo } from "#linux/mount-info.ts";
import { loadedProfiles } from "#linux/security/app-armor.ts";
import { processesIn } from "./container-processes.ts";
import type { NetworkNamespace } from "./network-namespace.ts";

const RUN = "/run/edgesite";
/** `7: edge0:` of a link; `@if8` of its peer and `ifindex 8`. A number that was used is not used again. */
const LINK_NUMBERS = /^\d+: |@if\d+|ifindex \d+/gm;
const NETWORK = [
  ["ip", "link"],
  ["ip", "address"],
  ["ip", "route", "show", "table", "all"],
  ["ip", "-6", "route", "show", "table", "all"],
  ["ip", "rule"],
  ["ip", "neighbour"],
  ["nft", "list", "ruleset"],
  ["sysctl", "-a", "--pattern", "forward|route_localnet|rp_filter"],
];

/** What a host has that a site changes, each kind as a text to compare. */
export type HostTraces = Readonly<Record<string, string>>;

/** The network of a host, which is all the test's own. */
export async function networkTraces(host: NetworkNamespace): Promise<HostTraces> {
  const texts = await Promise.all(NETWORK.map((command) => host.output(command)));
  return Object.fromEntries(
    texts.map((text, index) => [NETWORK[index]?.join(" "), text.replaceAll(LINK_NUMBERS, "")]),
  );
}

/** Whose traces to look for on a machine that is used for other things too. */
export interface Owner {
  readonly siteId: string;
  readonly dataDir: string;
}

/** What a site has outside of the network: nothing, once it was reset. */
export function machineTraces({ siteId, dataDir }: Owner) {
  return {
    mounts: parseMountInfo(readFileSync("/proc/self/mountinfo", "utf8"))
      .map(({ mountPoint }) => mountPoint)
      .filter((path) => path.startsWith(`${dataDir}/`) || path.includes(siteId)),
    cgroups: allCgroups().hierarchies.flatMap(({ mountPoint }) =>
      readdirSync(mountPoint)
        .filter((name) => name.includes(siteId))
        .map((name) => join(mountPoint, name)),
    ),
    run: existsSync(RUN) ? readdirSync(RUN).filter((name) => name.includes(siteId)) : [],
    profiles: [...loadedProfiles()].filter((name) => name.includes(siteId)),
    processes: processesIn(siteId),
  };
}
