import { type LocalBus, UnknownModule } from "#bus/bus.ts";
import type { Message } from "#bus/message.ts";
import { Outbox } from "#bus/outbox.ts";
import type { Logger } from "#lib/log.ts";
import type { Connection } from "./connection.ts";

export interface OutgoingOptions {
  readonly bus: LocalBus;
  readonly site: string;
  readonly connection: Connection;
  readonly log: Logger;
}

/** Events and errors that may wait; the oldest give way. */
const BOUNDED = 1_000;

/** What waits to leave metaManager: one outbox to the site, one to each edge module. */
export class Outgoing {
  readonly #options: OutgoingOptions;
  readonly #up: Outbox;
  readonly #down = new Map<string, Outbox>();
  readonly #unreachable = new Set<string>();
  #slot = 0;

  constructor(options: OutgoingOptions) {
    this.#options = options;
    this.#up = new Outbox(
      (message, signal) => this.#send(options.site, message, signal),
      (signal) => options.connection.connected(signal),
    );
  }

  /** State of an object for the site. */
  up(key: string, message: Message): void {
    this.#up.put(key, message);
  }

  /** A message for the site that no newer one makes needless. */
  upOne(kind: string, message: Message): void {
    this.#slot = (this.#slot + 1) % BOUNDED;
    this.#up.putLast(`${kind}#${this.#slot}`, message);
  }

  /** State of an object for an edge module; a module that this site does not have gets nothing. */
  down(module: string, key: string, message: Message): void {
    this.#outboxOf(module)?.put(key, message);
  }

  /** A message for an edge module that must come after all that waits for it now. */
  downLast(module: string, key: string, message: Message): void {
    this.#outboxOf(module)?.putLast(key, message);
  }

  /** Delivers until `signal` aborts, to every module on its own: a slow one holds up no other. */
  async run(modules: readonly string[], signal: AbortSignal): Promise<void> {
    for (const module of modules) this.#outboxOf(module);
    await Promise.all([this.#up, ...this.#down.values()].map((outbox) => outbox.run(signal)));
  }

  #outboxOf(module: string): Outbox | undefined {
    let outbox = this.#down.get(module);
    if (outbox === undefined && this.#options.bus.has(module)) {
      outbox = new Outbox((message, signal) => this.#send(module, message, signal));
      this.#down.set(module, outbox);
    }
    return outbox;
  }

  async #send(module: string, message: Message, signal: AbortSignal): Promise<void> {
    try {
      await this.#options.bus.send(module, message, signal);
      this.#unreachable.delete(module);
    } catch (error) {
      if (signal.aborted) throw error;
      if (!(error instanceof UnknownModule) && this.#options.bus.has(module)) throw error;
      if (this.#unreachable.has(module)) return;
      this.#unreachable.add(module);
      this.#options.log.warn("A module has left the bus; its messages are dropped", { to: module });
    }
  }
}
