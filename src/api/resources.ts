import { DEPLOYMENTS, REPLICA_SETS } from "./resources/apps.ts";
import { JOBS } from "./resources/batch.ts";
import { LEASES } from "./resources/coordination.ts";
import { NAMESPACES, NODES } from "./resources/core-cluster.ts";
import { CONFIG_MAPS, SECRETS, SERVICE_ACCOUNTS } from "./resources/core-config.ts";
import { EVENTS } from "./resources/core-events.ts";
import { PODS } from "./resources/core-pods.ts";
import { ENDPOINTS, SERVICES } from "./resources/core-services.ts";
import { ENDPOINT_SLICES } from "./resources/discovery.ts";

export {
  CONFIG_MAPS,
  DEPLOYMENTS,
  ENDPOINT_SLICES,
  ENDPOINTS,
  EVENTS,
  JOBS,
  LEASES,
  NAMESPACES,
  NODES,
  PODS,
  REPLICA_SETS,
  SECRETS,
  SERVICE_ACCOUNTS,
  SERVICES,
};

/** Every kind that is served. A new kind is a row in `resources/` and its name here. */
export const RESOURCES = [
  NAMESPACES,
  NODES,
  PODS,
  SERVICES,
  ENDPOINTS,
  ENDPOINT_SLICES,
  CONFIG_MAPS,
  SECRETS,
  SERVICE_ACCOUNTS,
  EVENTS,
  LEASES,
  DEPLOYMENTS,
  REPLICA_SETS,
  JOBS,
] as const;
