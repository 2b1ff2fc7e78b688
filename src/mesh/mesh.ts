import type { Bus } from "#bus/bus.ts";
import { Complaints } from "#bus/complaints.ts";
import { GROUP_OF, MODULE, OK, OPERATION } from "#bus/constants.ts";
import { errorTo, type Message, responseTo } from "#bus/message.ts";
import type { Module, RestartPolicy, Scope } from "#bus/module.ts";
import { abortable, sleep } from "#lib/abort.ts";
import { Backoff } from "#lib/backoff.ts";
import { errorCode, explain } from "#lib/errors.ts";
import type { Logger } from "#lib/log.ts";
import { Mailbox } from "#lib/mailbox.ts";
import type { MetaClient } from "#meta/meta-client.ts";
import { DataPlane } from "./data-plane.ts";
import { Inventory } from "./inventory.ts";
import { type EdgeMeshStatus, MeshState } from "./status.ts";

export interface EdgeMeshOptions {
  readonly bus: Bus;
  /** Read at the start; what changes later comes over the bus. */
  readonly meta: Pick<MetaClient, "listServices" | "listEndpointSlices">;
  /** Marks what the mesh puts on the host. */
  readonly siteId: string;
  /** The first address of the pod range; it lies on edge0. */
  readonly gateway: string;
  readonly dnsAddress: string;
  readonly podCIDR: string;
  readonly serviceCIDR: string;
  /** `cluster.local` */
  readonly clusterDomain: string;
  /** Servers that names outside the cluster are asked of. Default: those of the host's file. */
  readonly upstreams?: readonly string[];
  /** Default `/etc/resolv.conf`. */
  readonly hostResolvConf?: string;
  readonly log: Logger;
}

export interface EdgeMesh {
  /** Name `edgemesh`, group `mesh`. */
  readonly module: Module;
  status(): EdgeMeshStatus;
}

/** As KubeEdge restarts its modules. */
const RESTART: RestartPolicy = {
  type: "OnFailure",
  retries: 0,
  intervalMs: 1000,
  growth: 2,
  limitMs: 30_000,
};

/**
 * The service mesh of this node. It is ready with edge0, DNS and Services served; also where the
 * host refuses that, and `status().reason` then says why the node cannot be ready.
 */
export function createEdgeMesh(options: EdgeMeshOptions): EdgeMesh {
  const state = new MeshState();
  return {
    module: {
      name: MODULE.edgeMesh,
      group: GROUP_OF[MODULE.edgeMesh],
      restart: RESTART,
      run: (scope) => run(options, state, scope),
    },
    status: () => state.status(),
  };
}

async function run(options: EdgeMeshOptions, state: MeshState, scope: Scope): Promise<void> {
  const { bus, meta, log, upstreams = [], hostResolvConf = "/etc/resolv.conf" } = options;
  bus.addModule(MODULE.edgeMesh, GROUP_OF[MODULE.edgeMesh]);
  const inventory = new Inventory();
  const [services, slices] = await Promise.all([
    meta.listServices(scope.signal),
    meta.listEndpointSlices(scope.signal),
  ]);
  inventory.load(services, slices);

  const planeOptions = { ...options, upstreams, hostResolvConf };
  await using plane = new DataPlane(planeOptions, inventory.table());
  const failed = new AbortController();
  const signal = AbortSignal.any([scope.signal, failed.signal]);
  const changed = new Mailbox<true>(1);
  changed.trySend(true);
  const applier = new Applier({ inventory, plane, state, changed, log });
  const loops = [
    applier.run(signal, () => scope.ready()),
    new Receiver({ bus, inventory, changed, log }).run(signal),
    plane.lost,
  ];
  try {
    await Promise.race(loops.map((loop) => untilAborted(loop, signal)));
  } finally {
    failed.abort(new Error("The mesh stops"));
    state.stopped();
    await Promise.allSettled(loops.slice(0, 2));
  }
}

/** Resolves when the signal aborts first; rejects as `loop` does. */
async function untilAborted(loop: Promise<void>, signal: AbortSignal): Promise<void> {
  try {
    await abortable(loop, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

interface ReceiverOptions {
  readonly bus: Bus;
  readonly inventory: Inventory;
  readonly changed: Mailbox<true>;
  readonly log: Logger;
}

/** Takes in what metaManager tells. */
class Receiver {
  readonly #options: ReceiverOptions;
  readonly #complaints: Complaints;

  constructor(options: ReceiverOptions) {
    this.#options = options;
    this.#complaints = new Complaints(options.log);
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) this.#take(await this.#options.bus.receive(MODULE.edgeMesh, signal));
  }

  #take(message: Message): void {
    const { bus, inventory, changed, log } = this.#options;
    if (message.route.operation === OPERATION.error && !message.header.sync) {
      // Whoever refused what was sent has logged it.
      return log.debug("A message was refused", { ...message.route, reason: message.content });
    }
    try {
      // One mark is enough for any number of changes.
      if (inventory.apply(message) && changed.size === 0) changed.trySend(true);
      if (message.header.sync) bus.sendResponse(responseTo(message, OK));
    } catch (error) {
      this.#complaints.about(message, error);
      if (message.header.sync) bus.sendResponse(errorTo(message, explain(error)));
    }
  }
}

interface ApplierOptions {
  readonly inventory: Inventory;
  readonly plane: DataPlane;
  readonly state: MeshState;
  readonly changed: Mailbox<true>;
  readonly log: Logger;
}

/** Brings the data plane in line with the inventory, again and again. */
class Applier {
  readonly #options: ApplierOptions;
  readonly #backoff = new Backoff({ initialMs: RESTART.intervalMs, maxMs: RESTART.limitMs });

  constructor(options: ApplierOptions) {
    this.#options = options;
  }

  /** Calls `onFirst` after the first attempt, whatever came of it. */
  async run(signal: AbortSignal, onFirst: () => void): Promise<void> {
    let first = true;
    while (!signal.aborted) {
      await this.#options.changed.receive(signal);
      const outcome = await this.#apply();
      if (first) onFirst();
      first = false;
      if (outcome === "applied") this.#backoff.reset();
      if (outcome === "failed") await this.#retryLater(signal);
    }
  }

  async #apply(): Promise<"applied" | "failed" | "refused"> {
    const { inventory, plane, state, log } = this.#options;
    const table = inventory.table();
    try {
      const applied = await plane.apply(table);
      state.applied({ table, applied, host: plane.host });
      for (const note of state.newNotes()) log.info(note);
      return "applied";
    } catch (error) {
      // Privilege does not come by waiting for it.
      const refused = errorCode(error) === "EPERM" || errorCode(error) === "EACCES";
      const reason = refused
        ? `The mesh needs root (CAP_NET_ADMIN): ${explain(error)}`
        : explain(error);
      if (state.failed(reason)) log.error("The mesh cannot serve", { reason });
      return refused ? "refused" : "failed";
    }
  }

  async #retryLater(signal: AbortSignal): Promise<void> {
    await sleep(this.#backoff.next(), signal);
    const { changed } = this.#options;
    if (changed.size === 0) changed.trySend(true);
  }
}
