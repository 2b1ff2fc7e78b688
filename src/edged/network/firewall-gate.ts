import { asError } from "#lib/errors.ts";
import type { Logger } from "#lib/log.ts";
import type { SiteMarks } from "#lib/site-marks.ts";
import { NETLINK_NETFILTER, NetlinkSocket } from "#linux/netlink/socket.ts";
import { admit, withdraw } from "#linux/nftables/admission.ts";
import { watchTables } from "#linux/nftables/watch.ts";
import { admitLegacy, withdrawLegacy } from "./legacy-firewall.ts";
import { type Admitted, podAdmissions } from "./pod-table.ts";

export interface FirewallGateOptions {
  readonly marks: SiteMarks;
  readonly admitted: Admitted;
  readonly log: Logger;
}

const OWN_TABLES = "edgesite-";

/**
 * Keeps the pods' packets admitted by the host's firewall (Docker, ufw, firewalld), and admits
 * them again when that was flushed.
 */
export class FirewallGate implements Disposable {
  readonly #options: FirewallGateOptions;
  #watch: Disposable | undefined;
  #closed = false;

  constructor(options: FirewallGateOptions) {
    this.#options = options;
  }

  /** Admits the pods and begins to watch. */
  async open(): Promise<void> {
    const { marks, admitted } = this.#options;
    this.#admit();
    await admitLegacy(marks, admitted);
    this.#watch ??= await watchTables(() => this.#recheck());
    if (this.#closed) this.#watch[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    this.#watch?.[Symbol.dispose]();
  }

  #admit(): boolean {
    const { marks, admitted } = this.#options;
    using socket = new NetlinkSocket({ protocol: NETLINK_NETFILTER });
    const admissions = podAdmissions(marks, admitted);
    return admit(socket, { mark: marks.podTable, ownTables: OWN_TABLES, admissions });
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
  await withdrawLegacy(marks);
}
