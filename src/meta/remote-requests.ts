import type { LocalBus } from "#bus/bus.ts";
import { OPERATION } from "#bus/constants.ts";
import { cloneMessage, errorTo, type Message, newMessage } from "#bus/message.ts";
import { explain } from "#lib/errors.ts";

export interface RemoteOptions {
  readonly bus: LocalBus;
  readonly site: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Requests of edge modules that may wait for the site at the same time. */
const LIMIT = 1_024;

/** Requests of edge modules that only the site can answer. They run beside the receive loop. */
export class RemoteRequests {
  readonly #options: RemoteOptions;
  readonly #running = new Set<Promise<void>>();

  constructor(options: RemoteOptions) {
    this.#options = options;
  }

  /**
   * Asks the site what `request` asks, and answers `request` with what comes back. `onAnswer` sees
   * a good answer first; an error is only passed on, never kept.
   */
  start(request: Message, onAnswer: (content: unknown) => void): void {
    if (this.#running.size >= LIMIT) {
      const text = `${LIMIT} requests are already waiting for the site`;
      this.#options.bus.sendResponse(errorTo(request, text));
      return;
    }
    const asking = this.#ask(request, onAnswer).finally(() => this.#running.delete(asking));
    this.#running.add(asking);
  }

  /** Resolves once nothing is under way any more. */
  async settled(): Promise<void> {
    await Promise.all(this.#running);
  }

  async #ask(request: Message, onAnswer: (content: unknown) => void): Promise<void> {
    const { bus, site, timeoutMs, signal } = this.#options;
    let reply: Message;
    try {
      const answer = await bus.sendSync(site, cloneMessage(request), { signal, timeoutMs });
      const { operation } = answer.route;
      if (operation !== OPERATION.error) onAnswer(answer.content);
      reply = newMessage({
        ...request.route,
        operation: operation ?? OPERATION.response,
        content: answer.content,
        parentId: request.header.msg_id,
      });
    } catch (error) {
      reply = errorTo(request, explain(error));
    }
    bus.sendResponse(reply);
  }
}
