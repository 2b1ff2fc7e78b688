import type { KubeObject } from "#api/object.ts";
import {
  CONFIG_MAPS,
  ENDPOINT_SLICES,
  ENDPOINTS,
  NODES,
  PODS,
  RUNTIME_CLASSES,
  SECRETS,
  SERVICES,
} from "#api/resources.ts";
import { OPERATION, RESOURCE_TYPE } from "#bus/constants.ts";
import type { Informer, InformerFactory } from "#client/informer.ts";
import type { Locations } from "./locations.ts";

/** How objects of one kind go down to edge nodes. */
export interface Kind {
  readonly type: string;
  /** What a node is told of an object that is new to it. */
  readonly first: string;
  /** A change of `status` alone is not worth a message: it came from below, or nobody reads it there. */
  readonly ignoresStatus: boolean;
  informer(factory: InformerFactory): Informer<KubeObject>;
  /** The nodes that need the object under `key`. */
  nodesOf(key: string, locations: Locations): Iterable<string>;
}

const { insert, update } = OPERATION;
const everywhere = (_key: string, { nodes }: Locations): Iterable<string> => nodes;

/**
 * All that edge nodes are fed with, in the order in which a full list is sent: what pods refer to
 * comes before the pods.
 */
export const KINDS: readonly Kind[] = [
  {
    type: RESOURCE_TYPE.node,
    first: insert,
    ignoresStatus: true,
    informer: (factory) => factory.informer(NODES),
    nodesOf: (key, { nodes }) => (nodes.has(key) ? [key] : []),
  },
  {
    type: RESOURCE_TYPE.service,
    first: insert,
    ignoresStatus: false,
    informer: (factory) => factory.informer(SERVICES),
    nodesOf: everywhere,
  },
  {
    type: RESOURCE_TYPE.endpoints,
    first: insert,
    ignoresStatus: false,
    informer: (factory) => factory.informer(ENDPOINTS),
    nodesOf: everywhere,
  },
  {
    type: RESOURCE_TYPE.endpointSlice,
    first: insert,
    ignoresStatus: false,
    informer: (factory) => factory.informer(ENDPOINT_SLICES),
    nodesOf: everywhere,
  },
  {
    type: RESOURCE_TYPE.configMap,
    first: update,
    ignoresStatus: false,
    informer: (factory) => factory.informer(CONFIG_MAPS),
    nodesOf: (key, locations) => locations.nodesUsing({ type: RESOURCE_TYPE.configMap, key }),
  },
  {
    type: RESOURCE_TYPE.secret,
    first: update,
    ignoresStatus: false,
    informer: (factory) => factory.informer(SECRETS),
    nodesOf: (key, locations) => locations.nodesUsing({ type: RESOURCE_TYPE.secret, key }),
  },
  {
    type: RESOURCE_TYPE.runtimeClass,
    first: insert,
    ignoresStatus: false,
    informer: (factory) => factory.informer(RUNTIME_CLASSES),
    nodesOf: (key, locations) => locations.nodesUsing({ type: RESOURCE_TYPE.runtimeClass, key }),
  },
  {
    type: RESOURCE_TYPE.pod,
    first: insert,
    ignoresStatus: true,
    informer: (factory) => factory.informer(PODS),
    nodesOf: (key, locations) => locations.nodesOfPod(key),
  },
];
