import type * as objects from "#api/object.ts";

/** One pod's status on its way up, as KubeEdge sends it. */
export interface PodStatusRequest {
  readonly UID: string;
  readonly Name: string;
  readonly Status: objects.PodStatus;
}

export interface NamespacedName {
  readonly namespace: string;
  readonly name: string;
}

/**
 * How the edge modules read what metaManager holds, and report upwards through it (KubeEdge
 * `metamanager/client`). All of it is messages to metaManager; nothing here talks to an API server.
 * Reads answer from the meta store first and ask the site for what is missing; `undefined` when
 * neither has it. Rejects when no answer came.
 */
export interface MetaClient {
  /** Pods of this node that the meta store knows. */
  listPods(signal: AbortSignal): Promise<readonly objects.Pod[]>;
  listServices(signal: AbortSignal): Promise<readonly objects.Service[]>;
  listEndpointSlices(signal: AbortSignal): Promise<readonly objects.EndpointSlice[]>;
  getConfigMap(key: NamespacedName, signal: AbortSignal): Promise<objects.ConfigMap | undefined>;
  getSecret(key: NamespacedName, signal: AbortSignal): Promise<objects.Secret | undefined>;
  getRuntimeClass(name: string, signal: AbortSignal): Promise<objects.RuntimeClass | undefined>;
  /** A token of a ServiceAccount, made now; `undefined` when there is no such account. */
  requestToken(
    account: NamespacedName,
    request: objects.TokenRequest,
    signal: AbortSignal,
  ): Promise<objects.TokenRequest | undefined>;
  getNode(name: string, signal: AbortSignal): Promise<objects.Node | undefined>;
  /** Registers the node; an existing one is fine. */
  createNode(node: objects.Node, signal: AbortSignal): Promise<void>;
  updateNodeStatus(node: objects.Node, signal: AbortSignal): Promise<void>;
  /** Newer statuses of the same pod replace older ones that still wait to go up. */
  updatePodStatus(namespace: string, status: PodStatusRequest, signal: AbortSignal): Promise<void>;
  /** The pod's containers are gone: the site may remove the object. The UID guards a namesake. */
  deletePod(pod: NamespacedName & { readonly uid: string }, signal: AbortSignal): Promise<void>;
  /** Bounded: the oldest waiting events give way. */
  createEvent(event: objects.Event, signal: AbortSignal): Promise<void>;
  renewLease(lease: objects.Lease, signal: AbortSignal): Promise<void>;
}
