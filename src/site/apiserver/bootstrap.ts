import type { CustomResourceDefinition } from "#api/crd/definition.ts";
import { isOutdated, KUBEEDGE_DEFINITIONS } from "#api/kubeedge/definitions.ts";
import type { EndpointSlice, Endpoints, KubeObject, Namespace, Service } from "#api/object.ts";
import { nameOf, namespaceOf } from "#api/object.ts";
import type { Resource } from "#api/resource.ts";
import {
  CUSTOM_RESOURCE_DEFINITIONS,
  ENDPOINT_SLICES,
  ENDPOINTS,
  NAMESPACES,
  PRIORITY_CLASSES,
  SERVICES,
} from "#api/resources.ts";
import { SYSTEM_PRIORITY_CLASSES } from "#api/system-priority.ts";
import type { Verbs } from "#api/verbs.ts";
import { ensure } from "./ensure.ts";
import { ensureFlowControl } from "./flow-control.ts";
import { reconcileBootstrapPolicy } from "./policy/reconcile.ts";
import { ensureServiceCidr } from "./service-cidr.ts";

const SYSTEM_NAMESPACES = ["default", "kube-system", "kube-public", "kube-node-lease"];
const HTTPS_PORT = 443;

/** What is said of this cluster in particular. */
export interface Advertised {
  /** The Service's address: the first of the service range. */
  readonly clusterIp: string;
  /** Where it leads: the gateway address and the port of the API. */
  readonly address: string;
  readonly port: number;
  /** The range of ClusterIPs: `10.43.0.0/16`. */
  readonly serviceCidr: string;
  readonly now: Date;
}

/**
 * Makes sure of what every cluster has from its first second: system namespaces, roles, priorities,
 * flow control, the kinds of KubeEdge, the range of Services, and the way to the API.
 */
export async function bootstrap(verbs: Verbs, advertised: Advertised): Promise<void> {
  const { now } = advertised;
  await Promise.all(SYSTEM_NAMESPACES.map((name) => ensure(verbs, NAMESPACES, namespace(name))));
  await reconcileBootstrapPolicy(verbs);
  for (const made of SYSTEM_PRIORITY_CLASSES) await ensure(verbs, PRIORITY_CLASSES, made);
  await ensureFlowControl(verbs, now);
  await ensureServiceCidr(verbs, { cidr: advertised.serviceCidr, now });
  await Promise.all(KUBEEDGE_DEFINITIONS.map((definition) => ensureDefinition(verbs, definition)));
  await ensure(verbs, SERVICES, service(advertised));
  await keep(verbs, ENDPOINTS, endpoints(advertised));
  await keep(verbs, ENDPOINT_SLICES, endpointSlice(advertised));
}

/** Installs a definition of KubeEdge, or brings an older one of ours up to date. */
async function ensureDefinition(verbs: Verbs, definition: CustomResourceDefinition): Promise<void> {
  if (await ensure(verbs, CUSTOM_RESOURCE_DEFINITIONS, definition)) return;
  const resource = CUSTOM_RESOURCE_DEFINITIONS;
  const target = { resource, namespace: "", name: nameOf(definition) };
  const { value } = await verbs.get(target);
  if (!isOutdated(value)) return;
  const { resourceVersion = "" } = value.metadata ?? {};
  const metadata = { ...definition.metadata, resourceVersion };
  await verbs.update(target, { ...definition, metadata });
}

/** Makes it as it must be now; no write where it is so already. */
async function keep<T extends KubeObject>(
  verbs: Verbs,
  resource: Resource<T>,
  object: T,
): Promise<void> {
  if (await ensure(verbs, resource, object)) return;
  const target = { resource, namespace: namespaceOf(object), name: nameOf(object) };
  await verbs.update(target, object);
}

function namespace(name: string): Namespace {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name } };
}

const labels = { component: "apiserver", provider: "kubernetes" };

function service({ clusterIp, port }: Advertised): Service {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "kubernetes", namespace: "default", labels },
    spec: {
      type: "ClusterIP",
      clusterIP: clusterIp,
      clusterIPs: [clusterIp],
      ipFamilies: ["IPv4"],
      ipFamilyPolicy: "SingleStack",
      sessionAffinity: "None",
      ports: [{ name: "https", protocol: "TCP", port: HTTPS_PORT, targetPort: port }],
    },
  };
}

/** Not mirrored: the slice beside it is ours too (`endpointslice.kubernetes.io/skip-mirror`). */
function endpoints({ address, port }: Advertised): Endpoints {
  return {
    apiVersion: "v1",
    kind: "Endpoints",
    metadata: {
      name: "kubernetes",
      namespace: "default",
      labels: { "endpointslice.kubernetes.io/skip-mirror": "true" },
    },
    subsets: [{ addresses: [{ ip: address }], ports: [{ name: "https", port, protocol: "TCP" }] }],
  };
}

function endpointSlice({ address, port }: Advertised): EndpointSlice {
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      name: "kubernetes",
      namespace: "default",
      labels: { "kubernetes.io/service-name": "kubernetes" },
    },
    addressType: "IPv4",
    endpoints: [{ addresses: [address], conditions: { ready: true } }],
    ports: [{ name: "https", port, protocol: "TCP" }],
  };
}
