import { asError, errorCode, explain } from "#lib/errors.ts";
import type { Logger } from "#lib/log.ts";
import { type SiteMarks, siteMarks } from "#lib/site-marks.ts";
import { NETLINK_NETFILTER, NETLINK_ROUTE, NetlinkSocket } from "#linux/netlink/socket.ts";
import { keepTables } from "#linux/nftables/keep.ts";
import { replaceTable } from "#linux/nftables/table.ts";
import { addEdgeAddresses, type Edge0, ensureEdge0, pruneEdgeAddresses } from "./edge0.ts";
import { arpTable, guardTable } from "./guard.ts";
import type { BoundListener } from "./proxy/protocol.ts";

export interface MeshHostOptions {
  readonly siteId: string;
  readonly gateway: string;
  readonly dnsAddress: string;
  readonly podCIDR: string;
  readonly serviceCIDR: string;
}

/** What the mesh does to this host's network. Needs CAP_NET_ADMIN; all of it is idempotent. */
export class MeshHost {
  readonly edge0: Edge0;
  readonly notes: readonly string[];
  readonly #options: MeshHostOptions;
  readonly #marks: SiteMarks;
  readonly #hasArpTables: boolean;
  #refusesEarly = true;
  #guarded: readonly BoundListener[] | undefined;

  /** Makes edge0 or takes it over. @throws {NetlinkError} `EPERM` without privilege. */
  constructor(options: MeshHostOptions) {
    this.#options = options;
    this.#marks = siteMarks(options.siteId);
    using socket = new NetlinkSocket({ protocol: NETLINK_ROUTE });
    this.edge0 = ensureEdge0(socket, this.#marks, options);
    addEdgeAddresses(socket, this.edge0, this.#fixedAddresses());
    const notes = this.edge0.note === undefined ? [] : [this.edge0.note];
    const refusal = this.#tryArpTable();
    this.#hasArpTables = refusal === undefined;
    if (refusal !== undefined) notes.push(`ARP for the mesh is not filtered: ${refusal}`);
    this.notes = notes;
  }

  /** Puts the addresses of Services on edge0, beside those that are there. */
  addAddresses(clusterIPs: readonly string[]): void {
    using socket = new NetlinkSocket({ protocol: NETLINK_ROUTE });
    addEdgeAddresses(socket, this.edge0, new Set(clusterIPs));
  }

  /** Takes all others off. */
  pruneAddresses(clusterIPs: readonly string[]): void {
    using socket = new NetlinkSocket({ protocol: NETLINK_ROUTE });
    pruneEdgeAddresses(socket, this.edge0, this.#fixedAddresses().union(new Set(clusterIPs)));
  }

  /** Lets exactly these ports of Services answer. */
  guard(listeners: readonly BoundListener[]): void {
    if (Bun.deepEquals(listeners, this.#guarded)) return;
    this.#putTables(listeners);
    this.#guarded = listeners;
  }

  /** Keeps what `guard` has set, also against who takes all tables off the kernel. */
  keepGuard(log: Logger): Promise<Disposable> {
    const families = this.#hasArpTables ? (["ip", "arp"] as const) : (["ip"] as const);
    return keepTables({
      tables: families.map((family) => ({ family, name: this.#marks.meshTable })),
      put: () => this.#putTables(this.#guarded ?? []),
      onLoss(failure) {
        if (failure === undefined) log.info("The mesh's tables were removed: they are back");
        else log.warn("The mesh's tables were removed", { error: asError(failure) });
      },
    });
  }

  #putTables(listeners: readonly BoundListener[]): void {
    using socket = new NetlinkSocket({ protocol: NETLINK_NETFILTER });
    this.#replaceGuard(socket, listeners);
    if (this.#hasArpTables) replaceTable(socket, arpTable(this.#guardOptions(listeners)));
  }

  #replaceGuard(socket: NetlinkSocket, listeners: readonly BoundListener[]): void {
    try {
      replaceTable(socket, guardTable(this.#guardOptions(listeners)));
    } catch (error) {
      if (!this.#refusesEarly || errorCode(error) !== "EOPNOTSUPP") throw error;
      this.#refusesEarly = false;
      replaceTable(socket, guardTable(this.#guardOptions(listeners)));
    }
  }

  #fixedAddresses(): Set<string> {
    return new Set([this.#options.gateway, this.#options.dnsAddress]);
  }

  #guardOptions(listeners: readonly BoundListener[]) {
    return {
      ...this.#options,
      marks: this.#marks,
      edgeLink: this.edge0.name,
      listeners,
      refusesEarly: this.#refusesEarly,
    };
  }

  /** Answers why the kernel refuses, if it does: some are built without the ARP family. */
  #tryArpTable(): string | undefined {
    using socket = new NetlinkSocket({ protocol: NETLINK_NETFILTER });
    try {
      replaceTable(socket, arpTable(this.#guardOptions([])));
      return undefined;
    } catch (error) {
      return explain(error);
    }
  }
}
