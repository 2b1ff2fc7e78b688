import type { LocalBus } from "#bus/bus.ts";
import { Deliveries } from "#bus/deliveries.ts";
import type { Message } from "#bus/message.ts";
import { Outboxes } from "#bus/outboxes.ts";
import type { Logger } from "#lib/log.ts";
import type { Connection } from "./connection.ts";
import type { SiteLink } from "./site-link.ts";

export interface OutgoingOptions {
  readonly bus: LocalBus;
  readonly site: SiteLink;
  readonly connection: Connection;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** Events and errors that may wait; the oldest give way. */
const BOUNDED = 1_000;

/** What waits to leave metaManager: up to the site, and down to each edge module. */
export class Outgoing {
  readonly #options: OutgoingOptions;
  readonly #outboxes: Outboxes;
  readonly #deliveries: Deliveries;
  #slot = 0;

  constructor(options: OutgoingOptions) {
    const { site, connection, signal, log } = options;
    this.#options = options;
    this.#deliveries = new Deliveries(log);
    this.#outboxes = new Outboxes({
      signal,
      deliver: (module, message) => this.#send(module, message),
      open: async (module) => {
        if (module === site.module) await connection.connected(signal);
      },
    });
  }

  /** State of an object for the site. */
  up(key: string, message: Message): void {
    this.#outboxes.to(this.#options.site.module).put(key, message);
  }

  /** A message for the site that no newer one makes needless. */
  upOne(kind: string, message: Message): void {
    this.#slot = (this.#slot + 1) % BOUNDED;
    this.#outboxes.to(this.#options.site.module).putLast(`${kind}#${this.#slot}`, message);
  }

  /** State of an object for an edge module; a module that this site does not have gets nothing. */
  down(module: string, key: string, message: Message): void {
    if (this.#options.bus.has(module)) this.#outboxes.to(module).put(key, message);
  }

  /** A message for an edge module that must come after all that waits for it now. */
  downLast(module: string, key: string, message: Message): void {
    if (this.#options.bus.has(module)) this.#outboxes.to(module).putLast(key, message);
  }

  /** Delivers until the signal aborts. */
  run(): Promise<void> {
    return this.#outboxes.run();
  }

  #send(module: string, message: Message): Promise<void> {
    const { bus, signal, site } = this.#options;
    const sending =
      module === site.module
        ? bus.sendToGroup(site.group, message, signal)
        : bus.send(module, message, signal);
    return this.#deliveries.settle(module, sending);
  }
}
