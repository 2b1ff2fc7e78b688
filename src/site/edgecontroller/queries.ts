import type { KubeObject } from "#api/object.ts";
import {
  CONFIG_MAPS,
  ENDPOINT_SLICES,
  ENDPOINTS,
  LEASES,
  NODES,
  PODS,
  SECRETS,
  SERVICES,
} from "#api/resources.ts";
import { notFound } from "#api/status.ts";
import { RESOURCE_TYPE } from "#bus/constants.ts";
import type { Client, Key } from "#client/client.ts";

type Read = (client: Client, key: Key) => Promise<KubeObject>;

/** A kind that edge nodes may ask for although it is not served: there is none of it. */
const unserved =
  (identity: { group: string; plural: string; kind: string }): Read =>
  (_client, { name }) =>
    Promise.reject(notFound({ resource: identity, name }));

const inCluster = ({ name }: Key): Key => ({ namespace: "", name });

/** What edge nodes may ask for, by resource type. */
const READ: Readonly<Record<string, Read>> = {
  [RESOURCE_TYPE.configMap]: (client, key) => client.get(CONFIG_MAPS, key),
  [RESOURCE_TYPE.secret]: (client, key) => client.get(SECRETS, key),
  [RESOURCE_TYPE.service]: (client, key) => client.get(SERVICES, key),
  [RESOURCE_TYPE.endpoints]: (client, key) => client.get(ENDPOINTS, key),
  [RESOURCE_TYPE.endpointSlice]: (client, key) => client.get(ENDPOINT_SLICES, key),
  [RESOURCE_TYPE.lease]: (client, key) => client.get(LEASES, key),
  [RESOURCE_TYPE.pod]: (client, key) => client.get(PODS, key),
  [RESOURCE_TYPE.node]: (client, key) => client.get(NODES, inCluster(key)),
  [RESOURCE_TYPE.persistentVolume]: unserved({
    group: "",
    plural: "persistentvolumes",
    kind: "PersistentVolume",
  }),
  [RESOURCE_TYPE.persistentVolumeClaim]: unserved({
    group: "",
    plural: "persistentvolumeclaims",
    kind: "PersistentVolumeClaim",
  }),
  [RESOURCE_TYPE.volumeAttachment]: unserved({
    group: "storage.k8s.io",
    plural: "volumeattachments",
    kind: "VolumeAttachment",
  }),
};

/** The read that a query of this type asks for; undefined for what nobody may ask. */
export function readOf(type: string): Read | undefined {
  return READ[type];
}
