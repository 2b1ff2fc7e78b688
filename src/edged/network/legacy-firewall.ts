import { existsSync, readFileSync } from "node:fs";
import type { SiteMarks } from "#lib/site-marks.ts";
import { type Admitted, ownNetworks } from "./pod-table.ts";

/** Names of tables that the old kernel interface of iptables has in use. */
const TABLES = "/proc/thread-self/net/ip_tables_names";
const PROGRAMS = ["iptables-legacy", "iptables"];

/** Arguments of iptables behind the command: chain and rule. */
type Rule = readonly [chain: string, ...match: string[]];

/**
 * Lets pods through a firewall of the old interface, which has no netlink: the host's own program
 * speaks it. Nothing where that interface is not in use.
 */
export async function admitLegacy(marks: SiteMarks, admitted: Admitted): Promise<void> {
  const iptables = legacyIptables();
  if (!iptables) return;
  for (const [chain, ...match] of rulesOf(marks, admitted)) {
    if ((await iptables(["-C", chain, ...match])).succeeded) continue;
    await iptables(["-I", chain, "1", ...match]);
  }
}

/** Takes out what `admitLegacy` put in, whatever ranges it was for. */
export async function withdrawLegacy({ podTable }: SiteMarks): Promise<void> {
  const iptables = legacyIptables();
  if (!iptables) return;
  const { text } = await iptables(["-S"]);
  const own = text.split("\n").filter((line) => line.includes(`--comment ${podTable} `));
  for (const line of own) await iptables(["-D", ...line.split(" ").slice(1)]);
}

function rulesOf({ podLinkPrefix, podTable }: SiteMarks, admitted: Admitted): readonly Rule[] {
  const links = `${podLinkPrefix}+`;
  const accept = ["-m", "comment", "--comment", podTable, "-j", "ACCEPT"];
  return [
    ["FORWARD", "-i", links, ...accept],
    ["FORWARD", "-o", links, ...accept],
    ...ownNetworks(admitted).map(
      (network): Rule => [...(["INPUT", "-i", links, "-d", network] as const), ...accept],
    ),
  ];
}

type Iptables = (command: readonly string[]) => Promise<{ succeeded: boolean; text: string }>;

function legacyIptables(): Iptables | undefined {
  if (!existsSync(TABLES) || !readFileSync(TABLES, "utf8").includes("filter")) return undefined;
  const program = PROGRAMS.map((name) => Bun.which(name)).find((path) => path !== null);
  if (program === undefined || program === null) return undefined;
  return async (command) => {
    const child = Bun.spawn([program, "-w", ...command], { stdout: "pipe", stderr: "ignore" });
    const text = await new Response(child.stdout).text();
    return { succeeded: (await child.exited) === 0, text };
  };
}
