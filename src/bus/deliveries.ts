import type { Logger } from "#lib/log.ts";
import { MailboxClosed } from "#lib/mailbox.ts";
import { UnknownModule } from "./bus.ts";

/**
 * Messages to modules that a site may do without. What one that is not on the bus should have got
 * is dropped, and that is said once for each time that it went.
 */
export class Deliveries {
  readonly #log: Logger;
  readonly #missing = new Set<string>();

  constructor(log: Logger) {
    this.#log = log;
  }

  /**
   * Waits for a message that is being sent to a module or group.
   * @throws what `sending` fails with, but that there is no receiver.
   */
  async settle(to: string, sending: Promise<void>): Promise<void> {
    try {
      await sending;
      this.#missing.delete(to);
    } catch (error) {
      if (!(error instanceof UnknownModule) && !(error instanceof MailboxClosed)) throw error;
      if (this.#missing.has(to)) return;
      this.#missing.add(to);
      this.#log.warn("A module is not on the bus; messages for it are dropped", { to });
    }
  }
}
