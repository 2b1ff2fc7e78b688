import type { Bus } from "./bus.ts";
import type { Message } from "./message.ts";

export interface ReceiveOptions {
  readonly signal: AbortSignal;
  /** Called synchronously for one message after the other; it queues work and never waits. */
  onMessage(message: Message): void;
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
    let message: Message;
    try {
      message = await bus.receive(module, signal);
    } catch (error) {
      if (signal.aborted) return;
      throw error;
    }
    onMessage(message);
  }
}
