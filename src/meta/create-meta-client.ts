import type * as objects from "#api/object.ts";
import { nameOf, namespaceOf } from "#api/object.ts";
import type { Bus } from "#bus/bus.ts";
import { CLUSTER_NAMESPACE, MODULE, OK, OPERATION, RESOURCE_TYPE } from "#bus/constants.ts";
import { type Message, newMessage } from "#bus/message.ts";
import { formatResource } from "#bus/resource-path.ts";
import { errorOf, isNotFoundContent } from "./error-content.ts";
import type { MetaClient, NamespacedName } from "./meta-client.ts";

export interface MetaClientOptions {
  readonly bus: Bus;
  /** The module that asks: `edged`, `edgemesh`. */
  readonly source: string;
  /** How long an answer may take. Default 60 s, as KubeEdge's. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 60_000;
const GROUP = "meta";

/** Makes the client of one edge module: every call is one message to metaManager. */
export function createMetaClient({
  bus,
  source,
  timeoutMs = TIMEOUT_MS,
}: MetaClientOptions): MetaClient {
  const message = (call: Call): Message => newMessage({ ...call, source, group: GROUP });

  const ask = async (call: Call, signal: AbortSignal): Promise<Message> =>
    bus.sendSync(MODULE.metaManager, message(call), { signal, timeoutMs });

  const tell = (call: Call, signal: AbortSignal): Promise<void> =>
    bus.send(MODULE.metaManager, message(call), signal);

  const query = async <T extends objects.KubeObject>(
    resource: string,
    signal: AbortSignal,
    content: unknown = null,
  ): Promise<readonly T[]> => {
    const answer = await ask({ operation: OPERATION.query, resource, content }, signal);
    if (answer.route.operation !== OPERATION.error) return decode(answer.content);
    if (isNotFoundContent(answer.content)) return [];
    throw errorOf(`Cannot read ${resource}`, answer.content);
  };

  const all = <T extends objects.KubeObject>(
    type: string,
    signal: AbortSignal,
  ): Promise<readonly T[]> => query(formatResource({ namespace: CLUSTER_NAMESPACE, type }), signal);

  const one = async <T extends objects.KubeObject>(
    { content, ...path }: NamespacedName & { readonly type: string; readonly content?: unknown },
    signal: AbortSignal,
  ): Promise<T | undefined> => {
    const [object] = await query<T>(formatResource(path), signal, content);
    return object;
  };

  return {
    listPods: (signal) => all(RESOURCE_TYPE.pod, signal),
    listServices: (signal) => all(RESOURCE_TYPE.service, signal),
    listEndpointSlices: (signal) => all(RESOURCE_TYPE.endpointSlice, signal),
    getConfigMap: (key, signal) => one({ ...key, type: RESOURCE_TYPE.configMap }, signal),
    getSecret: (key, signal) => one({ ...key, type: RESOURCE_TYPE.secret }, signal),
    getRuntimeClass: (name, signal) =>
      one({ namespace: CLUSTER_NAMESPACE, name, type: RESOURCE_TYPE.runtimeClass }, signal),
    requestToken: (account, content, signal) =>
      one({ ...account, type: RESOURCE_TYPE.serviceAccountToken, content }, signal),
    getNode: (name, signal) =>
      one({ namespace: CLUSTER_NAMESPACE, name, type: RESOURCE_TYPE.node }, signal),

    async createNode(node, signal) {
      const resource = nodeStatusOf(node);
      const answer = await ask({ operation: OPERATION.insert, resource, content: node }, signal);
      // KubeEdge's edged took any answer for success and went on unregistered.
      if (answer.route.operation === OPERATION.error || answer.content !== OK) {
        throw errorOf(`Cannot register node ${nameOf(node)}`, answer.content);
      }
    },
    updateNodeStatus: (node, signal) =>
      tell({ operation: OPERATION.update, resource: nodeStatusOf(node), content: node }, signal),
    updatePodStatus: (namespace, status, signal) => {
      const resource = formatResource({
        namespace,
        type: RESOURCE_TYPE.podStatus,
        name: status.Name,
      });
      return tell({ operation: OPERATION.update, resource, content: status }, signal);
    },
    deletePod: ({ namespace, name, uid }, signal) => {
      const resource = formatResource({ namespace, type: RESOURCE_TYPE.pod, name });
      return tell({ operation: OPERATION.delete, resource, content: uid }, signal);
    },
    createEvent: (event, signal) => {
      const resource = resourceOf(event, RESOURCE_TYPE.event);
      return tell({ operation: OPERATION.insert, resource, content: event }, signal);
    },
    renewLease: (lease, signal) => {
      const resource = resourceOf(lease, RESOURCE_TYPE.lease);
      return tell({ operation: OPERATION.update, resource, content: lease }, signal);
    },
  };
}

interface Call {
  readonly operation: string;
  readonly resource: string;
  readonly content: unknown;
}

function resourceOf(object: objects.KubeObject, type: string): string {
  return formatResource({ namespace: namespaceOf(object), type, name: nameOf(object) });
}

function nodeStatusOf(node: objects.Node): string {
  return formatResource({
    namespace: CLUSTER_NAMESPACE,
    type: RESOURCE_TYPE.nodeStatus,
    name: nameOf(node),
  });
}

/** An array of JSON texts when the meta store answered, the object itself when the site did. */
function decode<T extends objects.KubeObject>(content: unknown): readonly T[] {
  const parts: readonly unknown[] = Array.isArray(content) ? content : [content];
  return parts.map((part) => {
    const value: unknown = typeof part === "string" ? JSON.parse(part) : part;
    if (!isObject<T>(value)) throw new TypeError("Cannot read an answer that is not an object");
    return value;
  });
}

function isObject<T extends objects.KubeObject>(value: unknown): value is T {
  return typeof value === "object" && value !== null && "metadata" in value;
}
