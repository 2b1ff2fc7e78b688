import { existsSync, readFileSync } from "node:fs";
import { asError } from "#lib/errors.ts";
import type { Logger } from "#lib/log.ts";
import type { SiteMarks } from "#lib/site-marks.ts";
import { NETLINK_NETFILTER, NetlinkSocket } from "#linux/netlink/socket.ts";
import { type Admission, admit, withdraw } from "#linux/nftables/admission.ts";
import { watchTables } from "#linux/nftables/watch.ts";

export interface FirewallGateOptions {
  readonly marks: SiteMarks;
  readonly admissions: readonly Admission[];
  readonly log: Logger;
}

/** Names of tables that the old kernel interface of iptables has in use. */
const LEGACY_TABLES = "/proc/thread-self/net/ip_tables_names";
const LEGACY_PROGRAMS = ["iptables-legacy", "iptables"];
/** A firewall that is loaded anew changes many things at once. */
const SETTLE_MS = 100;
const OWN_TABLES = "edgesite-";

/**
 * Keeps the pods' packets admitted by the host's firewall (Docker, ufw, firewalld), and admits
 * them again when that was flushed.
 */
export class FirewallGate implements Disposable {
  readonly #options: FirewallGateOptions;
  #watch: Disposable | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(options: FirewallGateOptions) {
    this.#options = options;
  }

  /** Admits the pods and begins to watch. */
  async open(): Promise<void> {
    const { marks, admissions } = this.#options;
    this.#admit();
    await openLegacyFirewall(marks, admissions);
    this.#watch ??= await watchTables(() => this.#recheckSoon());
    if (this.#closed) this.#watch[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#watch?.[Symbol.dispose]();
  }

  #admit(): boolean {
    const { marks, admissions } = this.#options;
    using socket = new NetlinkSocket({ protocol: NETLINK_NETFILTER });
    return admit(socket, { mark: marks.podTable, ownTables: OWN_TABLES, admissions });
  }

  #recheckSoon(): void {
    if (this.#closed || this.#timer) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#recheck();
    }, SETTLE_MS);
  }

  #recheck(): void {
    const { log } = this.#options;
    try {
      if (this.#admit()) log.info("The host's firewall was changed: pods are admitted again");
    } catch (error) {
      // Somebody else changed it at the same time, and their change wakes us again.
      log.debug("Could not look at the host's firewall", { error: asError(error) });
    }
  }
}

/** Takes the site's rules out of the host's firewall. */
export async function closeFirewall(marks: SiteMarks): Promise<void> {
  using socket = new NetlinkSocket({ protocol: NETLINK_NETFILTER });
  withdraw(socket, marks.podTable);
  await forLegacyRules(marks, async (iptables, rule) => {
    while ((await iptables(["-D", "FORWARD", ...rule])) === 0);
  });
}

/** The old interface has no netlink: the host's own program speaks it. */
async function openLegacyFirewall(
  marks: SiteMarks,
  admissions: readonly Admission[],
): Promise<void> {
  if (admissions.length === 0) return;
  await forLegacyRules(marks, async (iptables, rule) => {
    if ((await iptables(["-C", "FORWARD", ...rule])) === 0) return;
    await iptables(["-I", "FORWARD", "1", ...rule]);
  });
}

type Iptables = (command: readonly string[]) => Promise<number>;

async function forLegacyRules(
  { podLinkPrefix, podTable }: SiteMarks,
  fn: (iptables: Iptables, rule: readonly string[]) => Promise<void>,
): Promise<void> {
  if (!existsSync(LEGACY_TABLES) || !readFileSync(LEGACY_TABLES, "utf8").includes("filter")) return;
  const program = LEGACY_PROGRAMS.map((name) => Bun.which(name)).find((path) => path !== null);
  if (program === undefined || program === null) return;
  const iptables: Iptables = (command) =>
    Bun.spawn([program, "-w", ...command], { stdout: "ignore", stderr: "ignore" }).exited;
  const comment = ["-m", "comment", "--comment", podTable, "-j", "ACCEPT"];
  for (const direction of ["-i", "-o"]) {
    await fn(iptables, [direction, `${podLinkPrefix}+`, ...comment]);
  }
}
