import type { EndpointSlice, Ingress, NetworkPolicy } from "../object.ts";
import { CLASS_ANNOTATION } from "../validation/ingress.ts";
import { addressWarnings, networkWarnings } from "./address.ts";
import { warnEach } from "./scheduling.ts";

type Peer = NonNullable<
  NonNullable<NonNullable<NetworkPolicy["spec"]>["ingress"]>[number]["from"]
>[number];

/** What is allowed in a new Ingress but not wise. */
export function warnOfIngress({ metadata, spec }: Ingress, current: Ingress | undefined): string[] {
  const isOld = metadata?.annotations?.[CLASS_ANNOTATION] !== undefined;
  if (current !== undefined || !isOld || spec?.ingressClassName !== undefined) return [];
  return [
    `annotation "${CLASS_ANNOTATION}" is deprecated, please use 'spec.ingressClassName' instead`,
  ];
}

/** Networks that are spelled otherwise than Kubernetes would. */
export function warnOfNetworkPolicy({ spec }: NetworkPolicy): string[] {
  return [
    ...warnEach(spec?.ingress, "spec.ingress", ({ from }, at) =>
      warnEach(from, `${at}.from`, peerWarnings),
    ),
    ...warnEach(spec?.egress, "spec.egress", ({ to }, at) =>
      warnEach(to, `${at}.to`, peerWarnings),
    ),
  ];
}

function peerWarnings({ ipBlock }: Peer, path: string): string[] {
  if (ipBlock === undefined) return [];
  return [
    ...networkWarnings(ipBlock.cidr, `${path}.ipBlock.cidr`),
    ...warnEach(ipBlock.except, `${path}.ipBlock.except`, networkWarnings),
  ];
}

const MANAGED_BY = "endpointslice.kubernetes.io/managed-by";
/** The controllers that write addresses as they should be. */
const CONTROLLERS: readonly string[] = [
  "endpointslice-controller.k8s.io",
  "endpointslicemirroring-controller.k8s.io",
];

/** What is allowed in an EndpointSlice but not wise. */
export function warnOfEndpointSlice(
  { metadata, addressType, endpoints }: EndpointSlice,
  current: EndpointSlice | undefined,
): string[] {
  const warnings =
    current === undefined && addressType === "FQDN"
      ? ["spec.addressType: FQDN endpoints are deprecated"]
      : [];
  if (CONTROLLERS.includes(metadata?.labels?.[MANAGED_BY] ?? "")) return warnings;
  return [
    ...warnings,
    ...warnEach(endpoints, "endpoints", ({ addresses }, at) =>
      warnEach(addresses, `${at}.addresses`, addressWarnings),
    ),
  ];
}
