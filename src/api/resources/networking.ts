import {
  INGRESS_CLASS_COLUMNS,
  INGRESS_COLUMNS,
  IP_ADDRESS_COLUMNS,
  NETWORK_POLICY_COLUMNS,
  SERVICE_CIDR_COLUMNS,
} from "../columns/networking.ts";
import {
  prepareIngress,
  setIngressClassDefaults,
  setNetworkPolicyDefaults,
} from "../defaults/networking.ts";
import { CHANGED_THEN_NEW, NEW_THEN_CHANGED, WHOLE_TWICE } from "../looks.ts";
import type * as objects from "../object.ts";
import {
  validateIngress,
  validateIngressStatus,
  validateNewIngress,
} from "../validation/ingress.ts";
import {
  validateIngressClass,
  validateIngressClassUpdate,
  validateIpAddress,
  validateIpAddressUpdate,
  validateNetworkPolicy,
  validateServiceCidr,
  validateServiceCidrUpdate,
} from "../validation/networking.ts";
import { warnOfIngress, warnOfNetworkPolicy } from "../warnings/networking.ts";
import { emptyStatus, row, statusOf } from "./row.ts";

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
  columns: INGRESS_COLUMNS,
  prepareForCreate: prepareIngress,
  validate: validateIngress,
  validateCreate: validateNewIngress,
  validateStatus: validateIngressStatus,
  warnings: warnOfIngress,
});

export const INGRESS_CLASSES = row<objects.IngressClass>({
  group: "networking.k8s.io",
  version: "v1",
  kind: "IngressClass",
  plural: "ingressclasses",
  namespaced: false,
  definition: "io.k8s.api.networking.v1.IngressClass",
  changeLooks: CHANGED_THEN_NEW,
  hasGeneration: true,
  columns: INGRESS_CLASS_COLUMNS,
  setDefaults: setIngressClassDefaults,
  validate: validateIngressClass,
  validateUpdate: validateIngressClassUpdate,
});

export const NETWORK_POLICIES = row<objects.NetworkPolicy>({
  group: "networking.k8s.io",
  version: "v1",
  kind: "NetworkPolicy",
  plural: "networkpolicies",
  namespaced: true,
  definition: "io.k8s.api.networking.v1.NetworkPolicy",
  changeLooks: WHOLE_TWICE,
  shortNames: ["netpol"],
  hasGeneration: true,
  columns: NETWORK_POLICY_COLUMNS,
  setDefaults: setNetworkPolicyDefaults,
  validate: validateNetworkPolicy,
  warnings: warnOfNetworkPolicy,
});

export const SERVICE_CIDRS = row<objects.ServiceCIDR>({
  group: "networking.k8s.io",
  version: "v1",
  kind: "ServiceCIDR",
  plural: "servicecidrs",
  namespaced: false,
  definition: "io.k8s.api.networking.v1.ServiceCIDR",
  changeLooks: NEW_THEN_CHANGED,
  subresources: [statusOf({ kind: "ServiceCIDR", group: "networking.k8s.io" })],
  columns: SERVICE_CIDR_COLUMNS,
  prepareForCreate: emptyStatus,
  validate: validateServiceCidr,
  validateUpdate: validateServiceCidrUpdate,
});

export const IP_ADDRESSES = row<objects.IPAddress>({
  group: "networking.k8s.io",
  version: "v1",
  kind: "IPAddress",
  plural: "ipaddresses",
  namespaced: false,
  definition: "io.k8s.api.networking.v1.IPAddress",
  changeLooks: NEW_THEN_CHANGED,
  shortNames: ["ip"],
  nameFormat: "ipAddress",
  columns: IP_ADDRESS_COLUMNS,
  validate: validateIpAddress,
  validateUpdate: validateIpAddressUpdate,
});
