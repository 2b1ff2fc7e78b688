import {
  MUTATING_WEBHOOK_CONFIGURATIONS,
  VALIDATING_ADMISSION_POLICIES,
  VALIDATING_ADMISSION_POLICY_BINDINGS,
  VALIDATING_WEBHOOK_CONFIGURATIONS,
} from "./resources/admissionregistration.ts";
import { CUSTOM_RESOURCE_DEFINITIONS } from "./resources/apiextensions.ts";
import { API_SERVICES } from "./resources/apiregistration.ts";
import {
  CONTROLLER_REVISIONS,
  DAEMON_SETS,
  DEPLOYMENTS,
  REPLICA_SETS,
  STATEFUL_SETS,
} from "./resources/apps.ts";
import { HORIZONTAL_POD_AUTOSCALERS } from "./resources/autoscaling.ts";
import { CRON_JOBS, JOBS } from "./resources/batch.ts";
import { CERTIFICATE_SIGNING_REQUESTS } from "./resources/certificates.ts";
import { LEASES } from "./resources/coordination.ts";
import { NAMESPACES, NODES } from "./resources/core-cluster.ts";
import { CONFIG_MAPS, SECRETS, SERVICE_ACCOUNTS } from "./resources/core-config.ts";
import { EVENTS } from "./resources/core-events.ts";
import { LIMIT_RANGES, RESOURCE_QUOTAS } from "./resources/core-limits.ts";
import { PODS } from "./resources/core-pods.ts";
import { ENDPOINTS, SERVICES } from "./resources/core-services.ts";
import { PERSISTENT_VOLUME_CLAIMS, PERSISTENT_VOLUMES } from "./resources/core-storage.ts";
import { POD_TEMPLATES, REPLICATION_CONTROLLERS } from "./resources/core-workloads.ts";
import { ENDPOINT_SLICES } from "./resources/discovery.ts";
import { REGARDING_EVENTS } from "./resources/events.ts";
import { FLOW_SCHEMAS, PRIORITY_LEVEL_CONFIGURATIONS } from "./resources/flowcontrol.ts";
import {
  INGRESS_CLASSES,
  INGRESSES,
  IP_ADDRESSES,
  NETWORK_POLICIES,
  SERVICE_CIDRS,
} from "./resources/networking.ts";
import { RUNTIME_CLASSES } from "./resources/node.ts";
import { POD_DISRUPTION_BUDGETS } from "./resources/policy.ts";
import { CLUSTER_ROLE_BINDINGS, CLUSTER_ROLES, ROLE_BINDINGS, ROLES } from "./resources/rbac.ts";
import { PRIORITY_CLASSES } from "./resources/scheduling.ts";
import {
  CSI_DRIVERS,
  CSI_NODES,
  CSI_STORAGE_CAPACITIES,
  STORAGE_CLASSES,
  VOLUME_ATTACHMENTS,
  VOLUME_ATTRIBUTES_CLASSES,
} from "./resources/storage.ts";

export {
  CLUSTER_ROLE_BINDINGS,
  CLUSTER_ROLES,
  CONFIG_MAPS,
  CUSTOM_RESOURCE_DEFINITIONS,
  DEPLOYMENTS,
  ENDPOINT_SLICES,
  ENDPOINTS,
  EVENTS,
  INGRESS_CLASSES,
  INGRESSES,
  JOBS,
  LEASES,
  LIMIT_RANGES,
  NAMESPACES,
  NODES,
  PERSISTENT_VOLUME_CLAIMS,
  PERSISTENT_VOLUMES,
  PODS,
  PRIORITY_CLASSES,
  REGARDING_EVENTS,
  REPLICA_SETS,
  RESOURCE_QUOTAS,
  ROLE_BINDINGS,
  ROLES,
  RUNTIME_CLASSES,
  SECRETS,
  SERVICE_ACCOUNTS,
  SERVICES,
  STORAGE_CLASSES,
};

/**
 * Every kind that is served; of a group's versions the preferred one first. Rows that are stored as
 * another (`storedAs`) show the same objects once more. A new kind is a row in `resources/` and its name here. */
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
  REGARDING_EVENTS,
  LEASES,
  DEPLOYMENTS,
  REPLICA_SETS,
  JOBS,
  STATEFUL_SETS,
  DAEMON_SETS,
  CONTROLLER_REVISIONS,
  CRON_JOBS,
  REPLICATION_CONTROLLERS,
  POD_TEMPLATES,
  PERSISTENT_VOLUMES,
  PERSISTENT_VOLUME_CLAIMS,
  LIMIT_RANGES,
  RESOURCE_QUOTAS,
  HORIZONTAL_POD_AUTOSCALERS,
  POD_DISRUPTION_BUDGETS,
  INGRESSES,
  INGRESS_CLASSES,
  NETWORK_POLICIES,
  SERVICE_CIDRS,
  IP_ADDRESSES,
  ROLES,
  CLUSTER_ROLES,
  ROLE_BINDINGS,
  CLUSTER_ROLE_BINDINGS,
  STORAGE_CLASSES,
  VOLUME_ATTACHMENTS,
  CSI_DRIVERS,
  CSI_NODES,
  CSI_STORAGE_CAPACITIES,
  VOLUME_ATTRIBUTES_CLASSES,
  PRIORITY_CLASSES,
  RUNTIME_CLASSES,
  CERTIFICATE_SIGNING_REQUESTS,
  MUTATING_WEBHOOK_CONFIGURATIONS,
  VALIDATING_WEBHOOK_CONFIGURATIONS,
  VALIDATING_ADMISSION_POLICIES,
  VALIDATING_ADMISSION_POLICY_BINDINGS,
  FLOW_SCHEMAS,
  PRIORITY_LEVEL_CONFIGURATIONS,
  API_SERVICES,
  CUSTOM_RESOURCE_DEFINITIONS,
] as const;
