import { existsSync, readFileSync } from "node:fs";
import type { SiteMarks } from "#lib/site-marks.ts";
import { type Admitted, ownNetworks } from "./pod-table.ts";

/** Where the kernel names the tables of the old interface that are in use, and who speaks it. */
const FAMILIES = {
  ip: {
    tables: "/proc/thread-self/net/ip_tables_names",
    programs: ["iptables-legacy", "iptables"],
  },
  ip6: {
    tables: "/proc/thread-self/net/ip6_tables_names",
    programs: ["ip6tables-legacy", "ip6tables"],
  },
} as const;

type Family = keyof typeof FAMILIES;

/** Arguments of iptables behind the command: chain and rule. */
type Rule = readonly [chain: string, ...match: string[]];

/**
 * Lets pods through a firewall of the old interface, which has no netlink: the host's own program
 * speaks it. Nothing where that interface is not in use. Answers the families whose firewall no
 * program of the host speaks to.
 */
export async function admitLegacy(
  marks: SiteMarks,
  admitted: Admitted,
): Promise<readonly Family[]> {
  const families: readonly Family[] = admitted.podCIDR6 === undefined ? ["ip"] : ["ip", "ip6"];
  const mute: Family[] = [];
  for (const family of families.filter(hasFirewall)) {
    const iptables = await legacyProgram(family);
    if (iptables) await admitBy(iptables, rulesOf(marks, admitted, family));
    else mute.push(family);
  }
  return mute;
}

/** Takes out what `admitLegacy` put in, whatever ranges it was for. */
export async function withdrawLegacy({ podTable }: SiteMarks): Promise<void> {
  for (const family of (["ip", "ip6"] as const).filter(hasFirewall)) {
    const iptables = await legacyProgram(family);
    const { text = "" } = (await iptables?.(["-S"])) ?? {};
    const own = text.split("\n").filter((line) => line.includes(`--comment ${podTable} `));
    for (const line of own) await iptables?.(["-D", ...line.split(" ").slice(1)]);
  }
}

async function admitBy(iptables: Iptables, rules: readonly Rule[]): Promise<void> {
  for (const [chain, ...match] of rules) {
    if ((await iptables(["-C", chain, ...match])).succeeded) continue;
    await iptables(["-I", chain, "1", ...match]);
  }
}

function rulesOf(
  { podLinkPrefix, podTable }: SiteMarks,
  admitted: Admitted,
  family: Family,
): readonly Rule[] {
  const links = `${podLinkPrefix}+`;
  const accept = ["-m", "comment", "--comment", podTable, "-j", "ACCEPT"];
  const toHost: readonly string[][] =
    family === "ip"
      ? ownNetworks(admitted).map((network) => ["-d", network])
      : // Neighbour discovery, as in `podAdmissions`.
        [["-p", "ipv6-icmp"]];
  return [
    ["FORWARD", "-i", links, ...accept],
    ["FORWARD", "-o", links, ...accept],
    ...toHost.map((match): Rule => ["INPUT", "-i", links, ...match, ...accept]),
  ];
}

function hasFirewall(family: Family): boolean {
  const { tables } = FAMILIES[family];
  return existsSync(tables) && readFileSync(tables, "utf8").split("\n").includes("filter");
}

type Iptables = (command: readonly string[]) => Promise<{ succeeded: boolean; text: string }>;

/** The host's program for the old interface; one that makes nf_tables of all it is told is none. */
async function legacyProgram(family: Family): Promise<Iptables | undefined> {
  for (const name of FAMILIES[family].programs) {
    const path = Bun.which(name);
    if (path === null) continue;
    const { succeeded, text } = await run([path, "--version"]);
    if (succeeded && !text.includes("nf_tables")) return (command) => run([path, "-w", ...command]);
  }
  return undefined;
}

async function run(command: string[]): Promise<{ succeeded: boolean; text: string }> {
  const child = Bun.spawn(command, { stdout: "pipe", stderr: "ignore" });
  const text = await new Response(child.stdout).text();
  return { succeeded: (await child.exited) === 0, text };
}
