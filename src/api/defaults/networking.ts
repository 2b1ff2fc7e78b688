import type { Ingress, IngressClass, NetworkPolicy } from "../object.ts";

/** Parameters are an object of the cluster unless they say otherwise. */
export function setIngressClassDefaults({ spec }: IngressClass): void {
  if (spec?.parameters) spec.parameters.scope ??= "Cluster";
}

/** A policy is about what comes in, and about what goes out where it says something of it. */
export function setNetworkPolicyDefaults({ spec }: NetworkPolicy): void {
  if (spec === undefined) return;
  for (const { ports } of [...(spec.ingress ?? []), ...(spec.egress ?? [])]) {
    for (const port of ports ?? []) port.protocol ??= "TCP";
  }
  if (spec.policyTypes?.length) return;
  spec.policyTypes = spec.egress?.length ? ["Ingress", "Egress"] : ["Ingress"];
}

export function prepareIngress(ingress: Ingress): void {
  ingress.status = { loadBalancer: {} };
}
