import { type Clock, systemClock } from "#lib/clock.ts";
import type { Logger } from "#lib/log.ts";
import { Mailbox, MailboxClosed } from "#lib/mailbox.ts";
import { type LocalBus, type QueueStats, type SyncOptions, UnknownModule } from "./bus.ts";
import { type Message, withSync } from "./message.ts";
import { Replies } from "./replies.ts";

export interface BusOptions {
  /** Messages that a module's queue holds; 1024, as beehive's, where nothing is given. */
  readonly bufferSizes?: Readonly<Record<string, number>>;
  /** How long `sendSync` waits unless told. Default 30 s, as beehive's. */
  readonly defaultTimeoutMs?: number;
  readonly log: Logger;
  readonly clock?: Clock;
}

const BUFFER_SIZE = 1024;
const SYNC_TIMEOUT_MS = 30_000;

/** Makes the bus of one process. */
export function createBus({
  bufferSizes = {},
  defaultTimeoutMs = SYNC_TIMEOUT_MS,
  log,
  clock = systemClock,
}: BusOptions): LocalBus {
  const queues = new Map<string, Queue>();
  const replies = new Replies();

  const queueOf = (module: string): Queue => {
    const queue = queues.get(module);
    if (queue === undefined) throw new UnknownModule("module", module);
    return queue;
  };
  const membersOf = (group: string): Queue[] => {
    const members = [...queues.values()].filter(({ groups }) => groups.has(group));
    if (members.length === 0) throw new UnknownModule("group", group);
    return members;
  };

  const ask = (to: string, members: readonly Queue[], call: Call): Promise<Message[]> => {
    const { signal, timeoutMs = defaultTimeoutMs } = call.options;
    const request = withSync(call.message, true);
    return replies.expect(
      {
        id: request.header.msg_id,
        from: members.map(({ module }) => module),
        to,
        timeoutMs,
        signal,
      },
      (gaveUp) => {
        const full = members.filter((queue) => !queue.trySend(request));
        return full.map((queue) => queue.waitAndSend(request, gaveUp()));
      },
    );
  };

  return {
    addModule(name, group) {
      let queue = queues.get(name);
      if (queue === undefined) {
        queue = new Queue(name, { capacity: bufferSizes[name] ?? BUFFER_SIZE, clock, log });
        queues.set(name, queue);
      }
      if (group !== undefined) queue.groups.add(group);
    },
    cleanup(name) {
      const queue = queues.get(name);
      if (queue === undefined) return;
      queues.delete(name);
      const reason = new MailboxClosed(`Module ${name} has left the bus`);
      queue.close(reason.message);
      replies.failFrom(name, reason);
    },
    has: (module) => queues.has(module),
    stats: () => [...queues.values()].map((queue) => queue.stats()),
    async send(module, message, signal) {
      await queueOf(module).send(message, signal);
    },
    async sendSync(module, message, options) {
      const [answer] = await ask(module, [queueOf(module)], { message, options });
      if (answer === undefined) throw new TypeError(`Expected an answer from ${module}`);
      return answer;
    },
    sendResponse: (response) => replies.complete(response),
    async sendToGroup(group, message, signal) {
      await Promise.all(membersOf(group).map((queue) => queue.send(message, signal)));
    },
    async sendToGroupSync(group, message, options) {
      return ask(`group ${group}`, membersOf(group), { message, options });
    },
    async receive(module, signal) {
      return queueOf(module).receive(signal);
    },
  };
}

interface Call {
  readonly message: Message;
  readonly options: SyncOptions;
}

interface QueueOptions {
  readonly capacity: number;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A module's mailbox and what is counted about it. */
class Queue {
  readonly module: string;
  readonly groups = new Set<string>();
  readonly #mailbox: Mailbox<Message>;
  readonly #options: QueueOptions;
  #sent = 0;
  #full = 0;
  #waitedMs = 0;

  constructor(module: string, options: QueueOptions) {
    this.module = module;
    this.#mailbox = new Mailbox(options.capacity);
    this.#options = options;
  }

  async send(message: Message, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (!this.trySend(message)) await this.waitAndSend(message, signal);
  }

  /** As long as there is room, a message costs neither a timer nor a listener. */
  trySend(message: Message): boolean {
    this.#sent += 1;
    return this.#mailbox.trySend(message);
  }

  receive(signal: AbortSignal): Promise<Message> {
    return this.#mailbox.receive(signal);
  }

  close(reason: string): void {
    this.#mailbox.close(reason);
  }

  stats(): QueueStats {
    return {
      module: this.module,
      groups: [...this.groups],
      size: this.#mailbox.size,
      capacity: this.#options.capacity,
      waiting: this.#mailbox.waiting,
      sent: this.#sent,
      full: this.#full,
      waitedMs: this.#waitedMs,
    };
  }

  /** Sends what `trySend` had no room for. */
  async waitAndSend(message: Message, signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    this.#full += 1;
    if (this.#mailbox.waiting === 0) log.debug("A queue is full", { module: this.module });
    const since = clock.monotonicMs();
    try {
      await this.#mailbox.send(message, signal);
    } finally {
      this.#waitedMs += clock.monotonicMs() - since;
    }
  }
}
