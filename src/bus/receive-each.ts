import { abortable } from "#lib/abort.ts";
import type { Bus } from "./bus.ts";
import type { Message } from "./message.ts";

export interface ReceiveOptions {
  readonly signal: AbortSignal;
  /**
   * Called synchronously for one message after the other; it queues work. A promise says that its
   * own queue is full: nothing is received until it resolves, and so the bus's queue fills up. It
   * must not wait for the bus.
   */
  onMessage(message: Message): Promise<void> | undefined | void;
}

/**
 * A module's receive loop, until `signal` aborts.
 * @throws what `onMessage` threw; {MailboxClosed} when the module was taken off the bus.
 */
export async function receiveEach(
  bus: Bus,
  module: string,
  { signal, onMessage }: ReceiveOptions,
): Promise<void> {
  while (!signal.aborted) {
    try {
      const full = onMessage(await bus.receive(module, signal));
      if (full) await abortable(full, signal);
    } catch (error) {
      if (signal.aborted) return;
      throw error;
    }
  }
}
