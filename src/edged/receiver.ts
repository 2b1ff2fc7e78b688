import { type KubeObject, namespaceOf, type Pod } from "#api/object.ts";
import type { Bus } from "#bus/bus.ts";
import { Complaints } from "#bus/complaints.ts";
import { OK, OPERATION, RESOURCE_TYPE } from "#bus/constants.ts";
import { errorTo, type Message, responseTo } from "#bus/message.ts";
import { parseResource, type ResourcePath } from "#bus/resource-path.ts";
import { explain } from "#lib/errors.ts";
import type { Logger } from "#lib/log.ts";
import type { NodeAgent } from "./node/node-agent.ts";
import type { PodManager } from "./pod/pod-manager.ts";

export interface ReceiverOptions {
  readonly bus: Bus;
  readonly pods: Pick<PodManager, "want" | "forget" | "sourceChanged" | "siteNamedAll">;
  readonly node: Pick<NodeAgent, "objectRemoved">;
  readonly log: Logger;
}

/** Takes in what metaManager tells edged; whoever waits for an answer gets one. */
export class Receiver {
  readonly #options: ReceiverOptions;
  readonly #complaints: Complaints;

  constructor(options: ReceiverOptions) {
    this.#options = options;
    this.#complaints = new Complaints(options.log);
  }

  take(message: Message): void {
    const { bus, log } = this.#options;
    const { route, header, content } = message;
    if (route.operation === OPERATION.error && !header.sync) {
      // Whoever refused what was reported has logged it.
      return log.debug("A message was refused", { ...route, reason: content });
    }
    try {
      this.#handle(message, parseResource(route.resource ?? ""));
      if (header.sync) bus.sendResponse(responseTo(message, OK));
    } catch (error) {
      this.#complaints.about(message, error);
      if (header.sync) bus.sendResponse(errorTo(message, explain(error)));
    }
  }

  #handle({ route, content }: Message, path: ResourcePath): void {
    const { type, namespace, name = "" } = path;
    const { pods } = this.#options;
    if (!OPERATIONS.has(route.operation ?? "")) {
      throw new TypeError(`Unknown operation ${JSON.stringify(route.operation)}`);
    }
    switch (type) {
      case RESOURCE_TYPE.pod:
        return this.#handlePod(route.operation, { namespace, name }, content);
      case RESOURCE_TYPE.configMap:
        return pods.sourceChanged("configMaps", { namespace, name });
      case RESOURCE_TYPE.secret:
        return pods.sourceChanged("secrets", { namespace, name });
      case RESOURCE_TYPE.node:
        if (route.operation === OPERATION.delete) this.#options.node.objectRemoved();
        return;
      case RESOURCE_TYPE.runtimeClass:
      case RESOURCE_TYPE.volume:
        return;
      default:
        throw new TypeError(`Unknown resource type ${JSON.stringify(type)}`);
    }
  }

  #handlePod(
    operation: string | undefined,
    { namespace, name }: { readonly namespace: string; readonly name: string },
    content: unknown,
  ): void {
    const { pods } = this.#options;
    if (operation === OPERATION.listEnd) return pods.siteNamedAll();
    const pod = isPod(content) ? content : undefined;
    if (operation === OPERATION.delete) return pods.forget(namespace, name, pod);
    if (!pod) throw new TypeError(`Expected a pod for ${namespace}/${name}`);
    pods.want(pod);
  }
}

/** A `response` brings what somebody asked the site for. */
const OPERATIONS: ReadonlySet<string> = new Set([
  OPERATION.insert,
  OPERATION.update,
  OPERATION.delete,
  OPERATION.response,
  OPERATION.listEnd,
]);

function isPod(content: unknown): content is Pod {
  const object: KubeObject | null = typeof content === "object" ? content : null;
  return object?.metadata?.uid !== undefined && namespaceOf(object) !== "";
}
