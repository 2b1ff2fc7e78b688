import type { LocalBus } from "#bus/bus.ts";
import { GROUP_OF, MODULE } from "#bus/constants.ts";
import { createBus } from "#bus/create-bus.ts";
import { type Message, newMessage } from "#bus/message.ts";
import type { Logger } from "#lib/log.ts";
import { silentLogger } from "#lib/log.ts";
import { createMetaManager, type MetaManagerOptions } from "#meta/meta-manager.ts";
import { MemoryMetaStore } from "./memory-meta-store.ts";

const { edgeController, edged, edgeHub, edgeMesh, metaManager } = MODULE;

/** A message without what differs each time: what a golden file would hold. */
export interface Golden {
  readonly operation: string | undefined;
  readonly resource: string | undefined;
  readonly content: unknown;
}

export function golden({ route, content }: Message): Golden {
  return { operation: route.operation, resource: route.resource, content };
}

/** metaManager on a bus where the test plays all the modules around it. */
export class EdgeSide implements AsyncDisposable {
  readonly bus: LocalBus;
  readonly store = new MemoryMetaStore();
  readonly warnings: unknown[] = [];
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;

  constructor(options: Partial<MetaManagerOptions> = {}) {
    this.bus = options.bus ?? createBus({ log: silentLogger });
    for (const module of [edgeController, metaManager, edged, edgeMesh, edgeHub] as const) {
      this.bus.addModule(module, GROUP_OF[module]);
    }
    const log: Logger = { ...silentLogger, warn: (_text, fields) => this.warnings.push(fields) };
    const { signal } = this.#stop;
    const module = createMetaManager({ log, bus: this.bus, store: this.store, ...options });
    this.#running = module.run({ signal, deadline: signal, ready: () => undefined });
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Sends metaManager a message from a module. */
  async tell(init: {
    source: string;
    operation: string;
    resource: string;
    content?: unknown;
  }): Promise<Message> {
    const message = newMessage({ group: "resource", content: null, ...init });
    await this.bus.send(metaManager, message, this.signal);
    return message;
  }

  /** Asks metaManager, as a module that waits. */
  ask(init: {
    source: string;
    operation: string;
    resource: string;
    content?: unknown;
  }): Promise<Message> {
    const message = newMessage({ group: "resource", content: null, ...init });
    return this.bus.sendSync(metaManager, message, { signal: this.signal, timeoutMs: 2_000 });
  }

  /** The next message that metaManager sends to a module. */
  next(module: string): Promise<Message> {
    return this.bus.receive(module, this.signal);
  }

  /** Messages that wait for a module. */
  waitingFor(module: string): number {
    return this.bus.stats().find((queue) => queue.module === module)?.size ?? 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }
}
