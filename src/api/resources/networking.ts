import type * as objects from "../object.ts";
import { row, statusOf } from "./row.ts";

export const INGRESSES = row<objects.Ingress>({
  group: "networking.k8s.io",
  version: "v1",
  kind: "Ingress",
  plural: "ingresses",
  namespaced: true,
  definition: "io.k8s.api.networking.v1.Ingress",
  shortNames: ["ing"],
  hasGeneration: true,
  subresources: [statusOf({ kind: "Ingress", group: "networking.k8s.io" })],
});

export const INGRESS_CLASSES = row<objects.IngressClass>({
  group: "networking.k8s.io",
  version: "v1",
  kind: "IngressClass",
  plural: "ingressclasses",
  namespaced: false,
  definition: "io.k8s.api.networking.v1.IngressClass",
  hasGeneration: true,
});

export const NETWORK_POLICIES = row<objects.NetworkPolicy>({
  group: "networking.k8s.io",
  version: "v1",
  kind: "NetworkPolicy",
  plural: "networkpolicies",
  namespaced: true,
  definition: "io.k8s.api.networking.v1.NetworkPolicy",
  shortNames: ["netpol"],
  hasGeneration: true,
});

export const SERVICE_CIDRS = row<objects.ServiceCIDR>({
  group: "networking.k8s.io",
  version: "v1",
  kind: "ServiceCIDR",
  plural: "servicecidrs",
  namespaced: false,
  definition: "io.k8s.api.networking.v1.ServiceCIDR",
  subresources: [statusOf({ kind: "ServiceCIDR", group: "networking.k8s.io" })],
});

export const IP_ADDRESSES = row<objects.IPAddress>({
  group: "networking.k8s.io",
  version: "v1",
  kind: "IPAddress",
  plural: "ipaddresses",
  namespaced: false,
  definition: "io.k8s.api.networking.v1.IPAddress",
  shortNames: ["ip"],
});
