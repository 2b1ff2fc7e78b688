import {
  type ConfigMap,
  type KubeObject,
  nameOf,
  namespaceOf,
  type Pod,
  type PodStatus,
  type Secret,
} from "#api/object.ts";
import { PODS } from "#api/resources.ts";
import { notFound } from "#api/status.ts";
import type { LocalBus } from "#bus/bus.ts";
import { GROUP_OF, MESSAGE_GROUP, MODULE, OK, OPERATION, RESOURCE_TYPE } from "#bus/constants.ts";
import { errorTo, type Message, newMessage, responseTo } from "#bus/message.ts";
import type { Module } from "#bus/module.ts";
import { receiveEach } from "#bus/receive-each.ts";
import { formatResource, parseResource } from "#bus/resource-path.ts";
import { explain } from "#lib/errors.ts";

export interface TestManagerOptions {
  readonly bus: LocalBus;
  /** Default 12345, KubeEdge's. 0 takes a free one. */
  readonly port?: number;
}

export interface TestManager {
  readonly module: Module;
  /** Where it listens, once the module is ready. */
  readonly url: URL;
}

/** What edge modules expect a site to list to the end before they begin. */
const LISTED = [
  RESOURCE_TYPE.node,
  RESOURCE_TYPE.service,
  RESOURCE_TYPE.endpoints,
  RESOURCE_TYPE.endpointSlice,
  RESOURCE_TYPE.configMap,
  RESOURCE_TYPE.secret,
  RESOURCE_TYPE.runtimeClass,
  RESOURCE_TYPE.pod,
];

/** KubeEdge's paths, and which verb means which operation there. */
const ROUTES: Readonly<
  Record<string, { type: string; operations: Readonly<Record<string, string>> }>
> = {
  "/pods": {
    type: RESOURCE_TYPE.pod,
    operations: { PUT: OPERATION.insert, DELETE: OPERATION.delete },
  },
  "/configmap": {
    type: RESOURCE_TYPE.configMap,
    operations: { POST: OPERATION.insert, PUT: OPERATION.update, DELETE: OPERATION.delete },
  },
  "/secret": {
    type: RESOURCE_TYPE.secret,
    operations: { POST: OPERATION.insert, PUT: OPERATION.update, DELETE: OPERATION.delete },
  },
};

/**
 * KubeEdge's dbTest (`edge/test/test.go`): drives an edge side over HTTP and the bus with no API
 * server. It stands where edgecontroller would: what it sends has that source, what the edge
 * reports ends here, and `GET /pods` shows the pods with the statuses that were reported.
 */
export function createTestManager({ bus, port = 12_345 }: TestManagerOptions): TestManager {
  let url = new URL(`http://127.0.0.1:${port}`);
  const module: Module = {
    name: MODULE.testManager,
    group: GROUP_OF.testManager,
    async run({ signal, ready }) {
      bus.addModule(MODULE.testManager, GROUP_OF.testManager);
      bus.addModule(MODULE.edgeController, GROUP_OF.edgecontroller);
      const edge = new Edge(bus, signal);
      const receiving = receiveEach(bus, MODULE.edgeController, {
        signal,
        onMessage: (message) => edge.take(message),
      });
      // The copy that group `meta` gets is for nobody.
      const draining = receiveEach(bus, MODULE.testManager, { signal, onMessage: () => undefined });
      const server = Bun.serve({
        hostname: "127.0.0.1",
        port,
        fetch: (request) => edge.serve(request),
      });
      url = server.url;
      try {
        await edge.endLists();
        ready();
        await Promise.all([receiving, draining]);
      } finally {
        await server.stop(true);
      }
    },
  };
  return {
    module,
    get url() {
      return url;
    },
  };
}

/** The edge side as the test manager sees it. */
class Edge {
  readonly #bus: LocalBus;
  readonly #signal: AbortSignal;
  /** By UID. */
  readonly #statuses = new Map<string, PodStatus>();

  constructor(bus: LocalBus, signal: AbortSignal) {
    this.#bus = bus;
    this.#signal = signal;
  }

  /** Says that what metaManager has is all there is, so that the edge modules begin. */
  async endLists(): Promise<void> {
    for (const type of LISTED) {
      const keys = (await this.#list(type)).map(
        (one) => `${namespaceOf(one) || "default"}/${nameOf(one)}`,
      );
      const resource = formatResource({ namespace: "all", type });
      await this.#send({ operation: OPERATION.listEnd, resource, content: { keys } });
    }
  }

  /** Takes what the edge reports, and answers what it asks: nothing is known here. */
  take(message: Message): void {
    const { operation, resource = "" } = message.route;
    if (operation === OPERATION.response || operation === OPERATION.error) return;
    const { type, name = "" } = parseResource(resource);
    if (type === RESOURCE_TYPE.podStatus) {
      const reports: unknown[] = Array.isArray(message.content)
        ? message.content
        : [message.content];
      for (const report of reports) {
        const { UID, Status } = report as { UID: string; Status: PodStatus };
        this.#statuses.set(UID, Status);
      }
    }
    if (!message.header.sync) return;
    const answer =
      operation === OPERATION.query
        ? errorTo(
            message,
            notFound({ resource: { group: "", plural: type, kind: type }, name }).status,
          )
        : responseTo(message, OK);
    this.#bus.sendResponse(answer);
  }

  async serve(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    const route = ROUTES[pathname];
    if (route === undefined) return new Response("not found\n", { status: 404 });
    if (request.method === "GET" && route.type === RESOURCE_TYPE.pod) return this.#pods();
    const operation = route.operations[request.method];
    if (operation === undefined) return new Response("method not allowed\n", { status: 405 });
    try {
      const object: Pod | ConfigMap | Secret = JSON.parse(await request.text());
      if (route.type === RESOURCE_TYPE.pod) PODS.setDefaults(object);
      const resource = formatResource({
        namespace: namespaceOf(object) || "default",
        type: route.type,
        name: nameOf(object),
      });
      await this.#send({ operation, resource, content: object });
      return new Response();
    } catch (error) {
      return new Response(`${explain(error)}\n`, { status: 400 });
    }
  }

  async #pods(): Promise<Response> {
    const pods = await this.#list<Pod>(RESOURCE_TYPE.pod);
    const items = pods.map((pod) => {
      const status = this.#statuses.get(pod.metadata?.uid ?? "");
      return status === undefined ? pod : { ...pod, status };
    });
    return Response.json({ kind: "PodList", apiVersion: "v1", metadata: {}, items });
  }

  async #list<T extends KubeObject = KubeObject>(type: string): Promise<T[]> {
    const resource = formatResource({ namespace: "default", type });
    const content = await this.#send({ operation: OPERATION.query, resource, content: null });
    const texts = Array.isArray(content) ? content : [];
    return texts.map((text: string) => JSON.parse(text));
  }

  /** Sends metaManager a message as edgecontroller would, and waits until it has been taken. */
  async #send(init: { operation: string; resource: string; content: unknown }): Promise<unknown> {
    const message = newMessage({
      ...init,
      source: MODULE.edgeController,
      group: MESSAGE_GROUP.resource,
    });
    const answer = await this.#bus.sendSync(MODULE.metaManager, message, { signal: this.#signal });
    if (answer.route.operation === OPERATION.error) throw new Error(String(answer.content));
    return answer.content;
  }
}
