import type { Pod, PodSpec } from "#api/object.ts";
import type { LocalBus } from "#bus/bus.ts";
import { createBus } from "#bus/create-bus.ts";
import { type Message, newMessage } from "#bus/message.ts";
import type { Client } from "#client/client.ts";
import { type Logger, silentLogger } from "#lib/log.ts";
import {
  createEdgeController,
  type EdgeControllerOptions,
} from "#site/edgecontroller/edge-controller.ts";
import { createInProcessApi, type InProcessApi } from "./in-process-api.ts";

/** The node of the box. */
export const NODE = "edge";
/** What an edge node is known by. */
export const EDGE = { "node-role.kubernetes.io/edge": "" };
/** The kinds that a node hears of, in their order. */
export const LISTS = [
  "node",
  "service",
  "endpoints",
  "endpointslice",
  "configmap",
  "secret",
  "runtimeclass",
  "pod",
];

/** edgecontroller between the real registry and a test that plays metaManager. */
export class CloudSide implements AsyncDisposable {
  readonly bus: LocalBus;
  readonly api: InProcessApi;
  readonly warnings: unknown[] = [];
  readonly #stop: AbortController;
  readonly #running: Promise<void>;

  private constructor(
    api: InProcessApi,
    stop: AbortController,
    more: Partial<EdgeControllerOptions>,
  ) {
    this.api = api;
    this.#stop = stop;
    this.bus = createBus({ log: silentLogger });
    for (const name of ["edgecontroller", "metaManager", "cloudhub"]) this.bus.addModule(name);
    const log: Logger = {
      ...silentLogger,
      warn: (_text, fields) => this.warnings.push(fields),
      child: () => log,
    };
    const options = { bus: this.bus, ...api, timer: api.clock, nodeName: NODE, log, ...more };
    const { signal } = stop;
    this.#running = createEdgeController(options).run({
      signal,
      deadline: signal,
      ready: () => undefined,
    });
  }

  /** Starts on an API in which `prepare` has put something. */
  static async start(
    prepare: (client: Client) => Promise<unknown> = () => Promise.resolve(),
    more: Partial<EdgeControllerOptions> = {},
  ): Promise<CloudSide> {
    const stop = new AbortController();
    const api = await createInProcessApi(stop.signal);
    await prepare(api.client);
    return new CloudSide(api, stop, more);
  }

  get client(): Client {
    return this.api.client;
  }

  next(module = "metaManager"): Promise<Message> {
    return this.bus.receive(module, this.#stop.signal);
  }

  /** `operation resource` of what comes until all lists were sent. */
  async lists(module = "metaManager"): Promise<string[]> {
    const lines: string[] = [];
    for (let ends = 0; ends < LISTS.length; ) {
      const { operation, resource } = (await this.next(module)).route;
      lines.push(`${operation} ${resource}`);
      if (operation === "list-end") ends += 1;
    }
    return lines;
  }

  tell(operation: string, resource: string, content: unknown = null): Promise<void> {
    const message = newMessage({ source: "edged", group: "meta", operation, resource, content });
    return this.bus.send("edgecontroller", message, this.#stop.signal);
  }

  ask(operation: string, resource: string, content: unknown = null): Promise<Message> {
    const message = newMessage({ source: "edged", group: "meta", operation, resource, content });
    const options = { signal: this.#stop.signal, timeoutMs: 2_000 };
    return this.bus.sendSync("edgecontroller", message, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }
}

const spec: PodSpec = { nodeName: NODE, containers: [{ name: "c", image: "busybox" }] };
/** A pod of the node. */
export const podOfNode = (name: string, more: Partial<PodSpec> = {}): Pod => ({
  metadata: { namespace: "default", name },
  spec: { ...spec, ...more },
});
