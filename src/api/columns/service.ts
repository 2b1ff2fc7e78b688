import type { EndpointSlice, Endpoints, Service } from "../object.ts";
import type { Column } from "../resource.ts";
import { matcherOfLabels } from "../selector.ts";
import { AGE, fieldText, text, wide } from "./column.ts";

const SHOWN_ENDPOINTS = 3;

const listOrNone = (items: readonly string[]) => (items.length === 0 ? "<none>" : items.join(","));

function clusterIpOf({ spec }: Service): string {
  return spec?.clusterIPs?.[0] || spec?.clusterIP || "<none>";
}

function externalIpOf({ spec, status }: Service): string {
  const external = spec?.externalIPs ?? [];
  if (spec?.type === "ExternalName") return spec.externalName ?? "";
  if (spec?.type !== "LoadBalancer") return listOrNone(external);
  const ingress = (status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip || hostname);
  const known = ingress.filter((address) => address !== undefined);
  const all = [...[...new Set(known)].sort(), ...external];
  return all.length === 0 ? "<pending>" : all.join(",");
}

function portsOf({ spec }: Service): string {
  return listOrNone(
    (spec?.ports ?? []).map(({ port, nodePort, protocol = "TCP" }) =>
      nodePort ? `${port}:${nodePort}/${protocol}` : `${port}/${protocol}`,
    ),
  );
}

/** The columns of `kubectl get services`. */
export const SERVICE_COLUMNS: readonly Column<Service>[] = [
  text(
    {
      name: "Type",
      description:
        'type determines how the Service is exposed. Defaults to ClusterIP. Valid options are ExternalName, ClusterIP, NodePort, and LoadBalancer. "ClusterIP" allocates a cluster-internal IP address for load-balancing to endpoints. Endpoints are determined by the selector or if that is not specified, by manual construction of an Endpoints object or EndpointSlice objects. If clusterIP is "None", no virtual IP is allocated and the endpoints are published as a set of endpoints rather than a virtual IP. "NodePort" builds on ClusterIP and allocates a port on every node which routes to the same endpoints as the clusterIP. "LoadBalancer" builds on NodePort and creates an external load-balancer (if supported in the current cloud) which routes to the same endpoints as the clusterIP. "ExternalName" aliases this service to the specified externalName. Several other fields do not apply to ExternalName services. More info: https://kubernetes.io/docs/concepts/services-networking/service/#publishing-services-service-types',
    },
    ({ spec }) => spec?.type ?? "",
  ),
  text(
    {
      name: "Cluster-IP",
      description: fieldText("io.k8s.api.core.v1.ServiceSpec", "clusterIP"),
    },
    clusterIpOf,
  ),
  text(
    {
      name: "External-IP",
      description:
        "externalIPs is a list of IP addresses for which nodes in the cluster will also accept traffic for this service.  These IPs are not managed by Kubernetes.  The user is responsible for ensuring that traffic arrives at a node with this IP.  A common example is external load-balancers that are not part of the Kubernetes system.",
    },
    externalIpOf,
  ),
  text(
    {
      name: "Port(s)",
      description:
        "The list of ports that are exposed by this service. More info: https://kubernetes.io/docs/concepts/services-networking/service/#virtual-ips-and-service-proxies",
    },
    portsOf,
  ),
  AGE,
  wide(
    text(
      {
        name: "Selector",
        description:
          "Route service traffic to pods with label keys and values matching this selector. If empty or not present, the service is assumed to have an external process managing its endpoints, which Kubernetes will not modify. Only applies to types ClusterIP, NodePort, and LoadBalancer. Ignored if type is ExternalName. More info: https://kubernetes.io/docs/concepts/services-networking/service/",
      },
      ({ spec }) => String(matcherOfLabels(spec?.selector ?? {})) || "<none>",
    ),
  ),
];

/** `address:port`, with brackets around IPv6. */
const joinHostPort = ({ ip, port }: { ip: string; port: number }) =>
  ip.includes(":") ? `[${ip}]:${port}` : `${ip}:${port}`;

function firstAndMore(items: readonly string[]): string {
  const shown = items.slice(0, SHOWN_ENDPOINTS).join(",");
  const more = items.length - SHOWN_ENDPOINTS;
  return more > 0 ? `${shown} + ${more} more...` : shown;
}

function endpointsOf({ subsets = [] }: Endpoints): string {
  if (subsets.length === 0) return "<none>";
  const all = subsets.flatMap(({ addresses = [], ports = [] }) => {
    // a headless Service may have no ports at all
    if (ports.length === 0) return addresses.map(({ ip }) => ip);
    return ports.flatMap(({ port }) => addresses.map(({ ip }) => joinHostPort({ ip, port })));
  });
  return firstAndMore(all);
}

/** The columns of `kubectl get endpoints`. */
export const ENDPOINTS_COLUMNS: readonly Column<Endpoints>[] = [
  text(
    {
      name: "Endpoints",
      description:
        "The set of all endpoints is the union of all subsets. Addresses are placed into subsets according to the IPs they share. A single address with multiple ports, some of which are ready and some of which are not (because they come from different containers) will result in the address being displayed in different subsets for the different ports. No address will appear in both Addresses and NotReadyAddresses in the same subset. Sets of addresses and ports that comprise a service.",
    },
    endpointsOf,
  ),
  AGE,
];

function slicePorts({ ports }: EndpointSlice): string {
  return (
    firstAndMore((ports ?? []).map(({ port, name }) => String(port ?? name ?? "*"))) || "<unset>"
  );
}

function sliceEndpoints({ endpoints }: EndpointSlice): string {
  return firstAndMore((endpoints ?? []).flatMap(({ addresses }) => addresses)) || "<unset>";
}

/** The columns of `kubectl get endpointslices`. */
export const ENDPOINT_SLICE_COLUMNS: readonly Column<EndpointSlice>[] = [
  text(
    {
      name: "AddressType",
      description:
        'addressType specifies the type of address carried by this EndpointSlice. All addresses in this slice must be the same type. This field is immutable after creation. The following address types are currently supported: * IPv4: Represents an IPv4 Address. * IPv6: Represents an IPv6 Address. * FQDN: Represents a Fully Qualified Domain Name. (Deprecated) The EndpointSlice controller only generates, and kube-proxy only processes, slices of addressType "IPv4" and "IPv6". No semantics are defined for the "FQDN" type.',
    },
    ({ addressType }) => addressType,
  ),
  text(
    {
      name: "Ports",
      description:
        "ports specifies the list of network ports exposed by each endpoint in this slice. Each port must have a unique name. Each slice may include a maximum of 100 ports. Services always have at least 1 port, so EndpointSlices generated by the EndpointSlice controller will likewise always have at least 1 port. EndpointSlices used for other purposes may have an empty ports list.",
    },
    slicePorts,
  ),
  text(
    {
      name: "Endpoints",
      description:
        "endpoints is a list of unique endpoints in this slice. Each slice may include a maximum of 1000 endpoints.",
    },
    sliceEndpoints,
  ),
  AGE,
];
