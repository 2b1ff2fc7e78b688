import { asError } from "#lib/errors.ts";
import type { Logger } from "#lib/log.ts";
import type { SiteMarks } from "#lib/site-marks.ts";
import { NETLINK_NETFILTER, NetlinkSocket } from "#linux/netlink/socket.ts";
import { admit, withdraw } from "#linux/nftables/admission.ts";
import { watchTables } from "#linux/nftables/watch.ts";
import { watchNetwork } from "#linux/rtnetlink/watch.ts";
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
 * them again when that was flushed. The old interface of iptables tells nobody of changes: it is
 * looked at when links come or go, as a pod's do, and the bridge of an engine that starts.
 */
export class FirewallGate implements Disposable {
  readonly #options: FirewallGateOptions;
  readonly #watches = new DisposableStack();
  #isOpen = false;
  /** The old interface is spoken to by one program at a time. */
  #legacy: Promise<void> = Promise.resolve();
  #mute = "";

  constructor(options: FirewallGateOptions) {
    this.#options = options;
  }

  /** Begins to watch and admits the pods: in that order, as others load their rules meanwhile. */
  async open(): Promise<void> {
    if (!this.#isOpen) await this.#watch();
    this.#isOpen = true;
    this.#admit();
    await this.#admitLegacy();
  }

  [Symbol.dispose](): void {
    this.#watches.dispose();
  }

  async #watch(): Promise<void> {
    this.#keep(await watchTables(() => this.#recheck()));
    this.#keep(await watchNetwork(["links"], () => void this.#admitLegacy()));
  }

  #keep(watch: Disposable): void {
    if (this.#watches.disposed) watch[Symbol.dispose]();
    else this.#watches.use(watch);
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

  #admitLegacy(): Promise<void> {
    const { marks, admitted, log } = this.#options;
    this.#legacy = this.#legacy
      .then(async () => {
        if (this.#watches.disposed) return;
        const mute = (await admitLegacy(marks, admitted)).join();
        if (mute !== "" && mute !== this.#mute)
          log.warn("The host has a firewall of iptables-legacy and no program that speaks to it", {
            families: mute,
          });
        this.#mute = mute;
      })
      .catch((error: unknown) => {
        log.warn("Could not look at the host's old firewall", { error: asError(error) });
      });
    return this.#legacy;
  }
}

/** Takes the site's rules out of the host's firewall. */
export async function closeFirewall(marks: SiteMarks): Promise<void> {
  using socket = new NetlinkSocket({ protocol: NETLINK_NETFILTER });
  withdraw(socket, marks.podTable);
  await withdrawLegacy(marks);
}
