import type { Ingress, IngressClass, IPAddress, NetworkPolicy, ServiceCIDR } from "../object.ts";
import { type Column, groupResource } from "../resource.ts";
import { AGE, fieldText, nameWithDefault, selectorText, text } from "./column.ts";

const SHOWN_HOSTS = 3;

function hosts({ spec }: Ingress): string {
  const rules = spec?.rules ?? [];
  const shown: string[] = [];
  let more = false;
  for (const { host } of rules) {
    more ||= shown.length === SHOWN_HOSTS;
    if (!more && host) shown.push(host);
  }
  if (shown.length === 0) return "*";
  return more ? `${shown.join(",")} + ${rules.length - SHOWN_HOSTS} more...` : shown.join(",");
}

function addresses({ status }: Ingress): string {
  const all = (status?.loadBalancer?.ingress ?? []).flatMap(({ ip, hostname }) => {
    const address = ip || hostname;
    return address ? [address] : [];
  });
  return [...new Set(all)].sort().join(",");
}

/** The columns of `kubectl get ingresses`. */
export const INGRESS_COLUMNS: readonly Column<Ingress>[] = [
  text(
    {
      name: "Class",
      description:
        "The name of the IngressClass resource that should be used for additional configuration",
    },
    ({ spec }) => spec?.ingressClassName ?? "<none>",
  ),
  text(
    {
      name: "Hosts",
      description: "Hosts that incoming requests are matched against before the ingress rule",
    },
    hosts,
  ),
  text(
    {
      name: "Address",
      description: "Address is a list containing ingress points for the load-balancer",
    },
    addresses,
  ),
  text({ name: "Ports", description: "Ports of TLS configurations that open" }, ({ spec }) =>
    spec?.tls?.length ? "80, 443" : "80",
  ),
  AGE,
];

function parameters({ spec }: IngressClass): string {
  const { parameters: reference } = spec ?? {};
  if (reference === undefined) return "<none>";
  const { apiGroup, kind, name } = reference;
  return `${apiGroup === undefined ? kind : `${kind}.${apiGroup}`}/${name}`;
}

/** The columns of `kubectl get ingressclasses`. */
export const INGRESS_CLASS_COLUMNS: readonly Column<IngressClass>[] = [
  nameWithDefault("ingressclass.kubernetes.io/is-default-class"),
  text(
    {
      name: "Controller",
      description: "Controller that is responsible for handling this class",
    },
    ({ spec }) => spec?.controller ?? "",
  ),
  text(
    { name: "Parameters", description: "A reference to a resource with additional parameters" },
    parameters,
  ),
  AGE,
];

/** The columns of `kubectl get networkpolicies`. */
export const NETWORK_POLICY_COLUMNS: readonly Column<NetworkPolicy>[] = [
  text(
    {
      name: "Pod-Selector",
      description:
        "podSelector selects the pods to which this NetworkPolicy object applies. The array of rules is applied to any pods selected by this field. An empty selector matches all pods in the policy's namespace. Multiple network policies can select the same set of pods. In this case, the ingress rules for each are combined additively. This field is optional. If it is not specified, it defaults to an empty selector.",
    },
    ({ spec }) => selectorText(spec?.podSelector),
  ),
  AGE,
];

/** The columns of `kubectl get servicecidrs`. */
export const SERVICE_CIDR_COLUMNS: readonly Column<ServiceCIDR>[] = [
  text(
    { name: "CIDRs", description: fieldText("io.k8s.api.networking.v1.ServiceCIDRSpec", "cidrs") },
    ({ spec }) => (spec?.cidrs ?? []).join(","),
  ),
  AGE,
];

function parent({ spec }: IPAddress): string {
  const { parentRef } = spec ?? {};
  if (parentRef === undefined) return "<none>";
  const { group = "", resource, namespace, name } = parentRef;
  const kind = groupResource({ group, plural: resource }).toLowerCase();
  return namespace ? `${kind}/${namespace}/${name}` : `${kind}/${name}`;
}

/** The columns of `kubectl get ipaddresses`. */
export const IP_ADDRESS_COLUMNS: readonly Column<IPAddress>[] = [
  text(
    {
      name: "ParentRef",
      description:
        "ParentRef references the resource that an IPAddress is attached to. An IPAddress must reference a parent object.",
    },
    parent,
  ),
];
