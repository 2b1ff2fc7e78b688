import type { KubeObject, TokenRequest } from "#api/object.ts";
import {
  CONFIG_MAPS,
  ENDPOINT_SLICES,
  ENDPOINTS,
  LEASES,
  NODES,
  PODS,
  RUNTIME_CLASSES,
  SECRETS,
  SERVICE_ACCOUNTS,
  SERVICES,
} from "#api/resources.ts";
import { badRequest, notFound } from "#api/status.ts";
import { RESOURCE_TYPE } from "#bus/constants.ts";
import type { Client, Key } from "#client/client.ts";
import type { RequestName } from "./lanes.ts";

/** `content` is what the question says beside the name: what a token should be like. */
type Read = (client: Client, key: Key, content: unknown) => Promise<KubeObject>;

/** How a query is answered, and in which lane it waits. */
interface Query {
  readonly lane: RequestName;
  readonly read: Read;
}

/** A kind that edge nodes may ask for although it is not served: there is none of it. */
const unserved =
  (identity: { group: string; plural: string; kind: string }): Read =>
  (_client, { name }) =>
    Promise.reject(notFound({ resource: identity, name }));

const inCluster = ({ name }: Key): Key => ({ namespace: "", name });

/** What edge nodes may ask for, by resource type. Where KubeEdge has no lane, another's serves. */
const QUERIES: Readonly<Record<string, Query>> = {
  [RESOURCE_TYPE.configMap]: {
    lane: "queryConfigMap",
    read: (client, key) => client.get(CONFIG_MAPS, key),
  },
  [RESOURCE_TYPE.secret]: {
    lane: "querySecret",
    read: (client, key) => client.get(SECRETS, key),
  },
  [RESOURCE_TYPE.service]: {
    lane: "queryService",
    read: (client, key) => client.get(SERVICES, key),
  },
  [RESOURCE_TYPE.endpoints]: {
    lane: "queryEndpoints",
    read: (client, key) => client.get(ENDPOINTS, key),
  },
  [RESOURCE_TYPE.endpointSlice]: {
    lane: "queryEndpoints",
    read: (client, key) => client.get(ENDPOINT_SLICES, key),
  },
  [RESOURCE_TYPE.lease]: { lane: "queryNode", read: (client, key) => client.get(LEASES, key) },
  [RESOURCE_TYPE.pod]: { lane: "queryNode", read: (client, key) => client.get(PODS, key) },
  [RESOURCE_TYPE.node]: {
    lane: "queryNode",
    read: (client, key) => client.get(NODES, inCluster(key)),
  },
  [RESOURCE_TYPE.runtimeClass]: {
    lane: "queryNode",
    read: (client, key) => client.get(RUNTIME_CLASSES, inCluster(key)),
  },
  [RESOURCE_TYPE.serviceAccountToken]: {
    lane: "querySecret",
    read: (client, key, content) =>
      client.createSubresource(
        SERVICE_ACCOUNTS,
        { ...key, subresource: "token" },
        tokenRequestIn(content),
      ),
  },
  [RESOURCE_TYPE.persistentVolume]: {
    lane: "queryPersistentVolume",
    read: unserved({ group: "", plural: "persistentvolumes", kind: "PersistentVolume" }),
  },
  [RESOURCE_TYPE.persistentVolumeClaim]: {
    lane: "queryPersistentVolumeClaim",
    read: unserved({ group: "", plural: "persistentvolumeclaims", kind: "PersistentVolumeClaim" }),
  },
  [RESOURCE_TYPE.volumeAttachment]: {
    lane: "queryVolumeAttachment",
    read: unserved({
      group: "storage.k8s.io",
      plural: "volumeattachments",
      kind: "VolumeAttachment",
    }),
  },
};

function tokenRequestIn(content: unknown): TokenRequest {
  const spec: unknown =
    typeof content === "object" && content !== null && "spec" in content ? content.spec : undefined;
  if (typeof spec !== "object" || spec === null) throw badRequest("a token request has no spec");
  return { spec: { audiences: [], ...spec } };
}

/** How a query of this type is answered; undefined for what nobody may ask. */
export function queryOf(type: string): Query | undefined {
  return QUERIES[type];
}
